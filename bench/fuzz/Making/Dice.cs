using System.Text;

namespace Nonet.Fuzz.Making;

/// <summary>The random choices of one case: the same for the same seed and number on every machine.</summary>
sealed class Dice(int seed, int number)
{
    static readonly long[] oddNumbers =
    [
        0, 1, -1, 2, 3, 7, 63, 64, 65, 127, 128, 255, 256, 65535, 65536, 1 << 20, 1 << 24, int.MaxValue - 1, int.MaxValue, 1L << 31, uint.MaxValue, 1L << 32,
        1L << 40, 1L << 53, long.MaxValue - 7, long.MaxValue, long.MinValue, int.MinValue,
    ];

    static readonly string[] oddTexts =
    [
        "", " ", "a", "é", "\u0000", "\u001b[31m", "中文", "😀", "\ud800", "e\u0301", "\u200b", "\ufeff", "<s>", "</s>", "[MASK]", "..", "../x", "/", "\\", "\"",
        "'", "%s", "{0}", "\n", "\r\n", "\t", "null", "NaN", "ﷺ", "İ", "ß", "ŉ",
    ];

    readonly Random random = new(unchecked((int)(((uint)seed * 0x9E3779B1u) ^ ((uint)number * 0x85EBCA77u) ^ ((uint)number >> 15))));

    /// <summary>From 0 to n - 1.</summary>
    public int Below(int n) => random.Next(n);

    public bool OneIn(int n) => random.Next(n) == 0;

    public T Of<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    public double Real() => random.NextDouble();

    /// <summary>An integer at which something usually breaks, or any.</summary>
    public long Number() => OneIn(4) ? random.NextInt64(-1000, 1000) : Of<long>(oddNumbers);

    /// <summary>A text at which something usually breaks; now and then a long one.</summary>
    public string Text()
    {
        if (!OneIn(12))
            return OneIn(3) ? Of<string>(oddTexts) + Of<string>(oddTexts) : Of<string>(oddTexts);
        var unit = Of<string>(["a", " ", "é", "😀", "ab ", "(", "\u0301", "ﷺ"]);
        return new StringBuilder().Insert(0, unit, Of(10, 300, 6000)).ToString();
    }

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
