using Nonet.Inference.Constraints.Automata;

namespace Nonet.Inference.Constraints.Grammars;

/// <summary>
/// Finds which parts of a grammar may be empty and which match a text of finite length. Throws for left recursion, on which a left-to-right parser would not
/// terminate.
/// </summary>
static class GrammarCheck
{
    /// <exception cref="NotSupportedException">A rule is left-recursive. The message names it.</exception>
    public static void Run(GrammarNode root, Func<Expression, bool> isEmpty)
    {
        var nodes = Reachable(root);
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var node in nodes)
            {
                if (!node.IsNullable && IsNullable(node))
                    changed = node.IsNullable = true;
                if (!node.IsProductive && IsProductive(node, isEmpty))
                    changed = node.IsProductive = true;
            }
        }
        var (done, open) = (new HashSet<GrammarNode>(), new HashSet<GrammarNode>());
        foreach (var node in nodes)
            RefuseLeftRecursion(node, done, open);
    }

    static List<GrammarNode> Reachable(GrammarNode root)
    {
        var (seen, order, pending) = (new HashSet<GrammarNode> { root }, new List<GrammarNode>(), new Stack<GrammarNode>([root]));
        while (pending.TryPop(out var node))
        {
            order.Add(node);
            foreach (var part in node.Kind == GrammarNodeKind.Rule ? [node.Body] : node.Parts)
            {
                if (seen.Add(part))
                    pending.Push(part);
            }
        }
        order.Reverse();
        return order;
    }

    static bool IsNullable(GrammarNode node) => node.Kind switch
    {
        GrammarNodeKind.Terminal => node.Expression.IsNullable,
        GrammarNodeKind.Sequence => Array.TrueForAll(node.Parts, p => p.IsNullable),
        GrammarNodeKind.Choice => Array.Exists(node.Parts, p => p.IsNullable),
        GrammarNodeKind.Repeat => node.Min == 0 || node.Parts[0].IsNullable,
        _ => node.Body.IsNullable,
    };

    static bool IsProductive(GrammarNode node, Func<Expression, bool> isEmpty) => node.Kind switch
    {
        GrammarNodeKind.Terminal => !isEmpty(node.Expression),
        GrammarNodeKind.Sequence => Array.TrueForAll(node.Parts, p => p.IsProductive),
        GrammarNodeKind.Choice => Array.Exists(node.Parts, p => p.IsProductive),
        GrammarNodeKind.Repeat => node.Min == 0 || node.Parts[0].IsProductive,
        _ => node.Body.IsProductive,
    };

    static void RefuseLeftRecursion(GrammarNode start, HashSet<GrammarNode> done, HashSet<GrammarNode> open)
    {
        // Depth-first search without recursion, because a grammar may be nested too deeply for the stack.
        var path = new Stack<(GrammarNode Node, int At)>();
        if (!done.Add(start))
            return;
        open.Add(start);
        path.Push((start, 0));
        while (path.TryPop(out var top))
        {
            if (FirstPart(top.Node, top.At) is not { } part)
            {
                open.Remove(top.Node);
                continue;
            }
            path.Push((top.Node, top.At + 1));
            if (open.Contains(part))
            {
                var rule = path.Select(p => p.Node).Append(part).FirstOrDefault(n => n.Kind == GrammarNodeKind.Rule)?.Name ?? "root";
                throw new NotSupportedException($"rule {rule} is left-recursive: it can begin with itself; write it as a repetition, such as a ::= b (op b)*");
            }
            if (done.Add(part))
            {
                open.Add(part);
                path.Push((part, 0));
            }
        }
    }

    /// <summary>The part number <paramref name="at"/> with which a node can begin; null if there are no more.</summary>
    static GrammarNode? FirstPart(GrammarNode node, int at) => node.Kind switch
    {
        GrammarNodeKind.Terminal => null,
        GrammarNodeKind.Rule => at == 0 ? node.Body : null,
        GrammarNodeKind.Sequence => at < node.Parts.Length && node.Parts.Take(at).All(p => p.IsNullable) ? node.Parts[at] : null,
        _ => at < node.Parts.Length ? node.Parts[at] : null,
    };
}
