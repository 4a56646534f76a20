using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Gbnf;
using Nonet.Inference.Constraints.Grammars;
using Nonet.Inference.Constraints.Json;
using Nonet.Inference.Constraints.Regex;
using Nonet.Inference.Constraints.Vocabulary;

namespace Nonet.Inference.Constraints;

/// <summary>
/// Compiles what a text must be to a constraint on its tokens. A constraint can be forked for any number of texts; keep it to keep its masks.
/// </summary>
public static class StructuredText
{
    /// <summary>JSON values that a schema allows (drafts 4 to 2020-12), their properties in the order of declaration.</summary>
    /// <exception cref="InvalidDataException">The schema is malformed, too large, or allows no value.</exception>
    /// <exception cref="NotSupportedException">A keyword cannot be enforced; the message names it and its place.</exception>
    public static ITokenConstraint JsonSchema(string schema, TokenVocabulary vocabulary, JsonSchemaOptions? options = null) =>
        new GrammarConstraint(
            Compile(vocabulary, (store, derivatives) => JsonSchemaGrammar.Compile(schema, store, derivatives, options ?? new JsonSchemaOptions())));

    /// <summary>Any JSON object.</summary>
    public static ITokenConstraint JsonObject(TokenVocabulary vocabulary, JsonSchemaOptions? options = null) =>
        JsonSchema("""{"type":"object"}""", vocabulary, options);

    /// <summary>Texts that match a regular expression from beginning to end.</summary>
    /// <exception cref="InvalidDataException">The expression is malformed.</exception>
    /// <exception cref="NotSupportedException">It has a part that cannot be enforced, such as a back-reference; the message names it.</exception>
    public static ITokenConstraint Regex(string pattern, TokenVocabulary vocabulary) =>
        new GrammarConstraint(Compile(vocabulary, (store, derivatives) => GrammarNode.Terminal(RegexParser.Whole(pattern, store, derivatives, "regex"))));

    /// <summary>Texts of a grammar as llama.cpp writes them (GBNF), from its rule root.</summary>
    /// <exception cref="InvalidDataException">The grammar is malformed; the message names the line.</exception>
    /// <exception cref="NotSupportedException">A rule is left-recursive, or names tokens; the message names it.</exception>
    public static ITokenConstraint Grammar(string gbnf, TokenVocabulary vocabulary) =>
        new GrammarConstraint(Compile(vocabulary, (store, _) => GbnfGrammar.Compile(gbnf, store)));

    internal static GrammarAutomaton Compile(TokenVocabulary vocabulary, Func<ExpressionStore, Derivatives, GrammarNode> grammar)
    {
        var store = new ExpressionStore();
        var derivatives = new Derivatives(store);
        return new GrammarAutomaton(grammar(store, derivatives), store, derivatives, vocabulary);
    }
}
