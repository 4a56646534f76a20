namespace Nonet.Inference.Constraints.Automata;

/// <summary>A partition of the bytes into classes that an automaton's state does not distinguish.</summary>
sealed class BytePartition
{
    readonly byte[] classes = new byte[256];

    BytePartition(byte[] classes, int count)
    {
        this.classes = classes;
        Representatives = new byte[count];
        for (var b = 255; b >= 0; b--)
            Representatives[classes[b]] = (byte)b;
    }

    /// <summary>The class of each byte.</summary>
    public ReadOnlySpan<byte> Classes => classes;

    /// <summary>The smallest byte of each class.</summary>
    public byte[] Representatives { get; }

    /// <summary>The coarsest partition in which each of some sets is a union of classes.</summary>
    public static BytePartition Of(IEnumerable<ByteSet> sets)
    {
        var (classes, count) = (new byte[256], 1);
        foreach (var set in sets)
            count = Refine(classes, count, b => set.Contains(b) ? 1 : 0);
        return new BytePartition(classes, count);
    }

    /// <summary>The coarsest common refinement of some partitions.</summary>
    public static BytePartition Of(IEnumerable<BytePartition> parts)
    {
        var (classes, count) = (new byte[256], 1);
        foreach (var part in parts)
            count = Refine(classes, count, b => part.classes[b]);
        return new BytePartition(classes, count);
    }

    static int Refine(byte[] classes, int count, Func<byte, int> label)
    {
        var found = new Dictionary<(byte, int), byte>(count * 2);
        for (var b = 0; b < 256; b++)
        {
            var key = (classes[b], label((byte)b));
            if (!found.TryGetValue(key, out var id))
                found[key] = id = (byte)found.Count;
            classes[b] = id;
        }
        return found.Count;
    }
}
