using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Grammars;

namespace Nonet.Inference.Constraints.Gbnf;

/// <summary>Converts the rules of a GBNF grammar to nodes. Small rules that are not recursive become regular languages.</summary>
sealed class GbnfGrammar
{
    const int LargestTerminal = 2000, Deepest = 100;

    readonly ExpressionStore store;
    readonly Dictionary<string, GbnfPart> rules;
    readonly Dictionary<string, GrammarNode> built = new(StringComparer.Ordinal);
    readonly Dictionary<Expression, long> sizes = [];
    readonly Queue<(GrammarNode Rule, GbnfPart Part)> unbuilt = [];
    readonly HashSet<string> open = new(StringComparer.Ordinal);
    int depth;

    GbnfGrammar(Dictionary<string, GbnfPart> rules, ExpressionStore store) => (this.rules, this.store) = (rules, store);

    public static GrammarNode Compile(string text, ExpressionStore store)
    {
        var grammar = new GbnfGrammar(new GbnfParser(text, store).Parse(), store);
        var root = grammar.Rule("root", 1);
        while (grammar.unbuilt.TryDequeue(out var next))
            next.Rule.Body = grammar.Build(next.Part);
        return root;
    }

    GrammarNode Rule(string name, int line)
    {
        if (built.TryGetValue(name, out var node))
            return node;
        if (!rules.TryGetValue(name, out var part))
            throw new InvalidDataException($"the grammar, line {line}: rule {name} is used but not defined");
        if (depth >= Deepest || !open.Add(name))
            return Later(name, part);
        depth++;
        node = Build(part);
        depth--;
        open.Remove(name);
        if (built.TryGetValue(name, out var used)) // the rule is recursive
        {
            used.Body ??= node;
            return used;
        }
        return built[name] = node;
    }

    /// <summary>A rule that is referred to before it is built.</summary>
    GrammarNode Later(string name, GbnfPart part)
    {
        var rule = built[name] = GrammarNode.Rule(name);
        if (!open.Contains(name))
            unbuilt.Enqueue((rule, part));
        return rule;
    }

    GrammarNode Build(GbnfPart part) => part switch
    {
        GbnfPart.Text text => GrammarNode.Terminal(text.Expression),
        GbnfPart.Reference reference => Rule(reference.Name, reference.Line),
        GbnfPart.Sequence sequence => Bounded(GrammarNode.Sequence(store, sequence.Parts.Select(Build))),
        GbnfPart.Choice choice => Bounded(GrammarNode.Choice(store, choice.Parts.Select(Build))),
        GbnfPart.Repeat repeat => Bounded(GrammarNode.Repeat(store, Build(repeat.Part), repeat.Min, repeat.Max)),
        _ => throw new NotSupportedException($"a part of kind {part.GetType().Name}"),
    };

    /// <summary>Makes a large terminal a rule of its own, because nested copies would grow exponentially.</summary>
    GrammarNode Bounded(GrammarNode node)
    {
        if (node.Kind != GrammarNodeKind.Terminal || SizeOf(node.Expression) <= LargestTerminal)
            return node;
        var rule = GrammarNode.Rule("a large part");
        rule.Body = node;
        return rule;
    }

    long SizeOf(Expression x)
    {
        if (sizes.TryGetValue(x, out var size))
            return size;
        size = 1;
        var last = x; // without recursion, because a sequence is as long as its text
        for (; last.Kind == ExpressionKind.Concat; last = last.Right)
            size += SizeOf(last.Left);
        size += last.Kind is ExpressionKind.Repeat or ExpressionKind.Not ? SizeOf(last.Left) : last.Parts.Sum(SizeOf);
        return sizes[x] = size;
    }
}
