using Nonet.Tensors;

namespace Nonet.Data.Masked;

/// <summary>Successive random numbers from a position of a keyed stream: a pure function of key and position.</summary>
struct KeyedDraws(RandomKey key, ulong first)
{
    ulong next = first;
    ulong held = ulong.MaxValue;
    (uint A, uint B, uint C, uint D) block;

    uint Word()
    {
        var element = next++;
        if (element >> 2 != held)
            (held, block) = (element >> 2, Philox.Block(key, element >> 2));
        return (element & 3) switch { 0 => block.A, 1 => block.B, 2 => block.C, _ => block.D };
    }

    /// <summary>Uniform in (0, 1).</summary>
    public double Uniform() => (Word() + 0.5) / 4294967296.0;

    /// <summary>Integer in [0, n).</summary>
    public int Below(int n) => (int)(((ulong)Word() * (ulong)n) >> 32);

    /// <summary>Integer in [least, most].</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);
}
