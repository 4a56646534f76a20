namespace Nonet.Text.Jinja;

/// <summary>A list or a tuple. It is immutable, and its depth is within the limits.</summary>
sealed class JinjaList
{
    /// <summary>A list that a template creates. Each element is charged.</summary>
    public JinjaList(JinjaContext context, IEnumerable<object?> items, bool isTuple = false)
    {
        IsTuple = isTuple;
        foreach (var item in items)
        {
            Items.Add(item);
            Depth = Math.Max(Depth, JinjaValue.DepthOf(item) + 1);
            context.MadeElement(Items.Count);
        }
        context.CheckDepth(Depth);
    }

    JinjaList(List<object?> items)
    {
        Items = items;
        Depth = 1 + items.Select(JinjaValue.DepthOf).DefaultIfEmpty(0).Max();
    }

    /// <summary>A list among the variables, which is free.</summary>
    public static JinjaList Given(IEnumerable<object?> items) => new([.. items]);

    public List<object?> Items { get; } = [];
    public bool IsTuple { get; }

    /// <summary>Number of levels of nested lists and dictionaries, including this one.</summary>
    public int Depth { get; } = 1;
}
