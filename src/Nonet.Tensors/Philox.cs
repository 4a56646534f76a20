namespace Nonet.Tensors;

/// <summary>
/// Names one stream of random numbers by its seed, its step and its site (the place that draws). Element i of the stream is a pure function
/// of the key.
/// </summary>
public readonly record struct RandomKey(ulong Seed, uint Step, uint Site)
{
    /// <summary>The same seed and step at another site.</summary>
    public RandomKey At(uint site) => this with { Site = site };

    /// <summary>The same seed and step at a site named by a path ("blocks/3/attention"): its 32-bit FNV-1a hash.</summary>
    public RandomKey At(string path) => this with { Site = Philox.Hash(path) };
}

/// <summary>
/// Philox4x32-10, a counter-based generator: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". The key is the 64-bit seed.
/// The counter is (element / 4, high and low, step, site). The generator has no state, so threads, ranks and resumed runs draw the same
/// numbers.
/// </summary>
public static class Philox
{
    /// <summary>The four 32-bit words of block <paramref name="block"/> of a stream.</summary>
    public static (uint A, uint B, uint C, uint D) Block(RandomKey key, ulong block) =>
        Rounds((uint)block, (uint)(block >> 32), key.Step, key.Site, (uint)key.Seed, (uint)(key.Seed >> 32));

    /// <summary>Ten rounds over a counter (c0..c3) under a key (k0, k1).</summary>
    public static (uint A, uint B, uint C, uint D) Rounds(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (var round = 0; round < 10; round++)
        {
            var p0 = 0xD2511F53UL * c0;
            var p1 = 0xCD9E8D57UL * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>32-bit word i of a stream.</summary>
    public static uint Word(RandomKey key, ulong element)
    {
        var (a, b, c, d) = Block(key, element >> 2);
        return (element & 3) switch { 0 => a, 1 => b, 2 => c, _ => d };
    }

    /// <summary>Uniform in (0, 1): never 0, never 1.</summary>
    public static double Uniform(RandomKey key, ulong element) => (Word(key, element) + 0.5) / 4294967296.0;

    /// <summary>Uniform in [0, 1): a multiple of 2^-24, exact as a float. Dropout compares it with its probability.</summary>
    public static float UnitFloat(RandomKey key, ulong element) => (Word(key, element) >> 8) * (1f / 16777216);

    /// <summary>Standard normal number of element i, by Box and Muller from the first two words of the block.</summary>
    public static double Normal(RandomKey key, ulong element)
    {
        var (a, b, _, _) = Block(key, element);
        return Math.Sqrt(-2 * Math.Log((a + 0.5) / 4294967296.0)) * Math.Cos(2 * Math.PI * ((b + 0.5) / 4294967296.0));
    }

    /// <summary>
    /// Standard normal number between -cut and cut: the first of the element's draws in this range. The first draw is <see cref="Normal"/>.
    /// </summary>
    public static double TruncatedNormal(RandomKey key, ulong element, double cut)
    {
        for (var draw = 0UL; ; draw++)
        {
            var x = Normal(key, element + (draw << 48)); // elements are fewer
            if (Math.Abs(x) <= cut)
                return x;
        }
    }

    /// <summary>Integer in [0, n): the high part of a 64-bit product. Its bias is negligible for n far below 2^32.</summary>
    public static int Below(RandomKey key, ulong element, int n) => (int)(((ulong)Word(key, element) * (ulong)n) >> 32);

    /// <summary>32-bit FNV-1a of the UTF-16 code units.</summary>
    public static uint Hash(string text)
    {
        var h = 2166136261u;
        foreach (var c in text)
            h = (h ^ c) * 16777619u;
        return h;
    }
}
