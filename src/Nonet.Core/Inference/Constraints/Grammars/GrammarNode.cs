using Nonet.Inference.Constraints.Automata;

namespace Nonet.Inference.Constraints.Grammars;

/// <summary>Kinds of <see cref="GrammarNode"/>.</summary>
enum GrammarNodeKind
{
    /// <summary>A regular language.</summary>
    Terminal,

    /// <summary>The parts one after another.</summary>
    Sequence,

    /// <summary>One of the parts.</summary>
    Choice,

    /// <summary>The only part, Min to Max times.</summary>
    Repeat,

    /// <summary>A named rule, whose body is set later: rules may use each other.</summary>
    Rule,
}

/// <summary>A context-free grammar over regular languages of bytes.</summary>
sealed class GrammarNode
{
    GrammarNode(GrammarNodeKind kind) => Kind = kind;

    public GrammarNodeKind Kind { get; }
    public Expression Expression { get; private init; } = null!;
    public GrammarNode[] Parts { get; private init; } = [];
    public int Min { get; private init; }
    public int Max { get; private init; }
    public string Name { get; private init; } = "";

    /// <summary>For a rule: its body.</summary>
    public GrammarNode Body { get; set; } = null!;

    /// <summary>Whether it matches the empty text; set by <see cref="GrammarCheck"/>.</summary>
    public bool IsNullable { get; set; }

    /// <summary>Whether it matches some text of finite length; set by <see cref="GrammarCheck"/>.</summary>
    public bool IsProductive { get; set; }

    public static GrammarNode Terminal(Expression expression) => new(GrammarNodeKind.Terminal) { Expression = expression };

    public static GrammarNode Rule(string name) => new(GrammarNodeKind.Rule) { Name = name };

    /// <summary>The parts one after another. Adjacent terminals become one.</summary>
    public static GrammarNode Sequence(ExpressionStore store, params IEnumerable<GrammarNode> parts)
    {
        var joined = new List<GrammarNode>();
        foreach (var part in parts)
        {
            if (part.Kind == GrammarNodeKind.Terminal && joined is [.., { Kind: GrammarNodeKind.Terminal } last])
                joined[^1] = Terminal(store.Concat(last.Expression, part.Expression));
            else
                joined.Add(part);
        }
        return joined switch
        {
            [] => Terminal(store.Empty),
            [var only] => only,
            _ when joined.Exists(p => p.Kind == GrammarNodeKind.Terminal && p.Expression == store.Nothing) => Terminal(store.Nothing),
            _ => new GrammarNode(GrammarNodeKind.Sequence) { Parts = [.. joined] },
        };
    }

    /// <summary>One of the parts. All terminals become one.</summary>
    public static GrammarNode Choice(ExpressionStore store, params IEnumerable<GrammarNode> parts)
    {
        var (all, terminals) = (new List<GrammarNode>(), new List<Expression>());
        foreach (var part in parts)
        {
            if (part.Kind == GrammarNodeKind.Terminal)
                terminals.Add(part.Expression);
            else if (!all.Contains(part))
                all.Add(part);
        }
        if (store.Or(terminals) is var one && (one != store.Nothing || all.Count == 0))
            all.Add(Terminal(one));
        return all is [var only] ? only : new GrammarNode(GrammarNodeKind.Choice) { Parts = [.. all] };
    }

    public static GrammarNode Repeat(ExpressionStore store, GrammarNode part, int min, int max = Expression.Unlimited) => part.Kind == GrammarNodeKind.Terminal
        ? Terminal(store.Repeat(part.Expression, min, max))
        : max == 0 ? Terminal(store.Empty) : min == 1 && max == 1 ? part : new GrammarNode(GrammarNodeKind.Repeat) { Parts = [part], Min = min, Max = max };

    /// <summary>Whether the node is a terminal that matches nothing.</summary>
    public bool IsNothing(ExpressionStore store) => Kind == GrammarNodeKind.Terminal && Expression == store.Nothing;
}
