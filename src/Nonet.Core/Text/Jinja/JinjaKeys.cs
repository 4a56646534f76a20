namespace Nonet.Text.Jinja;

/// <summary>Compares keys: 1, 1.0 and True are equal, and so are a text marked as safe and its plain text.</summary>
sealed class JinjaKeys(JinjaContext context) : IEqualityComparer<object>
{
    const int Members = 8, Levels = 3; // parts of a tuple that are hashed, because the whole tuple may be huge

    bool IEqualityComparer<object>.Equals(object? x, object? y) => JinjaValue.Equal(context, x, y);

    public int GetHashCode(object x)
    {
        context.Handle(x);
        return Hash(x, Levels);
    }

    static int Hash(object? x, int levels) => x switch
    {
        bool b => b ? 1 : 0,
        long n => n.GetHashCode(),
        double d when d == Math.Floor(d) && Math.Abs(d) < 9e15 => ((long)d).GetHashCode(),
        JinjaMarkup m => m.Text.GetHashCode(StringComparison.Ordinal),
        JinjaList list when levels > 0 => list.Items.Take(Members).Aggregate(list.Items.Count, (hash, item) => HashCode.Combine(hash, Hash(item, levels - 1))),
        JinjaList list => list.Items.Count,
        JinjaDict dict => dict.Count,
        null => 0,
        _ => x.GetHashCode(),
    };
}
