namespace Nonet.Text.Jinja;

/// <summary>A dictionary in insertion order. It is immutable once it has been built.</summary>
/// <param name="context">Is charged for the entries, and compares keys.</param>
/// <param name="given">Whether it comes from the variables and is free.</param>
sealed class JinjaDict(JinjaContext context, bool given = false)
{
    readonly List<object?> keys = [];
    readonly Dictionary<object, object?> values = new(context.Keys);

    public IReadOnlyList<object?> Keys => keys;
    public int Count => keys.Count;

    /// <summary>Number of levels of nested lists and dictionaries, including this one.</summary>
    public int Depth { get; private set; } = 1;

    /// <summary>The value of a key; <see cref="Undefined"/> if the key is missing.</summary>
    public object? this[object? key]
    {
        get => values.TryGetValue(key ?? JinjaValue.None, out var value) ? value : new Undefined(JinjaRepr.Shown(key));
        set
        {
            Depth = Math.Max(Depth, Math.Max(JinjaValue.DepthOf(key), JinjaValue.DepthOf(value)) + 1);
            if (values.TryAdd(key ?? JinjaValue.None, value))
                keys.Add(key);
            else
                values[key ?? JinjaValue.None] = value;
            if (given)
                return;
            context.MadeEntry(keys.Count);
            context.CheckDepth(Depth);
        }
    }

    public bool Has(object? key) => values.ContainsKey(key ?? JinjaValue.None);
}
