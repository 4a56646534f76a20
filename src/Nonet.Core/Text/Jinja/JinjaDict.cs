namespace Nonet.Text.Jinja;

/// <summary>A dictionary, in the order of its keys' arrival. It changes only while it is being made.</summary>
/// <param name="context">Pays for the entries and compares keys.</param>
/// <param name="given">Whether it is among the variables and costs nothing.</param>
sealed class JinjaDict(JinjaContext context, bool given = false)
{
    readonly List<object?> keys = [];
    readonly Dictionary<object, object?> values = new(context.Keys);

    public IReadOnlyList<object?> Keys => keys;
    public int Count => keys.Count;

    /// <summary>Levels of lists and dictionaries, this one included.</summary>
    public int Depth { get; private set; } = 1;

    /// <summary>A value; <see cref="Undefined"/> if there is none.</summary>
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
