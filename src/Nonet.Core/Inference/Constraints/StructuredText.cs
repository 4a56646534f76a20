using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Gbnf;
using Nonet.Inference.Constraints.Grammars;
using Nonet.Inference.Constraints.Json;
using Nonet.Inference.Constraints.Regex;
using Nonet.Inference.Constraints.Vocabulary;

namespace Nonet.Inference.Constraints;

/// <summary>
/// Compiles schemas, regular expressions and grammars to constraints on the tokens of a text. A constraint can be forked for any number of texts. Reuse it,
/// because it caches the masks that it has computed.
/// </summary>
public static class StructuredText
{
    /// <summary>Constrains a text to JSON values that a schema allows (drafts 4 to 2020-12), with properties in the order of declaration.</summary>
    /// <exception cref="InvalidDataException">The schema is malformed, too large, or allows no value.</exception>
    /// <exception cref="NotSupportedException">A keyword cannot be enforced; the message names it and its place.</exception>
    public static ITokenConstraint JsonSchema(string schema, TokenVocabulary vocabulary, JsonSchemaOptions? options = null) =>
        new GrammarConstraint(
            Compile(vocabulary, (store, derivatives) => JsonSchemaGrammar.Compile(schema, store, derivatives, options ?? new JsonSchemaOptions())));

    /// <summary>Constrains a text to any JSON object.</summary>
    public static ITokenConstraint JsonObject(TokenVocabulary vocabulary, JsonSchemaOptions? options = null) =>
        JsonSchema("""{"type":"object"}""", vocabulary, options);

    /// <summary>Constrains a text to match a regular expression from beginning to end.</summary>
    /// <exception cref="InvalidDataException">The expression is malformed.</exception>
    /// <exception cref="NotSupportedException">A part of the expression cannot be enforced, such as a back-reference; the message names it.</exception>
    public static ITokenConstraint Regex(string pattern, TokenVocabulary vocabulary) =>
        new GrammarConstraint(Compile(vocabulary, (store, derivatives) => GrammarNode.Terminal(RegexParser.Whole(pattern, store, derivatives, "regex"))));

    /// <summary>Constrains a text to a grammar in llama.cpp's format (GBNF), beginning with its rule root.</summary>
    /// <exception cref="InvalidDataException">The grammar is malformed; the message names the line.</exception>
    /// <exception cref="NotSupportedException">A rule is left-recursive or refers to tokens; the message names it.</exception>
    public static ITokenConstraint Grammar(string gbnf, TokenVocabulary vocabulary) =>
        new GrammarConstraint(Compile(vocabulary, (store, _) => GbnfGrammar.Compile(gbnf, store)));

    internal static GrammarAutomaton Compile(TokenVocabulary vocabulary, Func<ExpressionStore, Derivatives, GrammarNode> grammar)
    {
        var store = new ExpressionStore();
        var derivatives = new Derivatives(store);
        return new GrammarAutomaton(grammar(store, derivatives), store, derivatives, vocabulary);
    }
}
