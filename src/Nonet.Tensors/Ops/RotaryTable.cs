namespace Nonet.Tensors;

/// <summary>Says which two features of a head are rotated as a pair.</summary>
public enum RotaryLayout
{
    /// <summary>Features i and i + Width / 2: Hugging Face checkpoints, GPT-NeoX.</summary>
    HalfSplit,

    /// <summary>Features 2i and 2i + 1: the paper, the LLaMA release, GGUF.</summary>
    Interleaved,
}

/// <summary>
/// Cosines and sines of position · θᵢ, with θᵢ = base^(−2i / Width) unless other frequencies are given (linear, llama3 and YaRN scaling
/// change them). Su et al. 2021, "RoFormer", section 3.2.2. Angles are computed in double. Rows are computed when a position first needs
/// them, up to Context.
/// </summary>
public sealed class RotaryTable
{
    const int FirstRows = 256;
    readonly double[] frequencies;
    readonly Lock gate = new();
    Tensor? rows;

    /// <param name="device">Device of the ops that use the table.</param>
    /// <param name="context">The table covers positions 0 to context − 1.</param>
    /// <param name="width">Number of features of a head that are rotated, an even number; the rest pass unchanged.</param>
    /// <param name="rotaryBase">10000 in the paper.</param>
    /// <param name="layout">Which two features form a pair.</param>
    /// <param name="inverseFrequencies">θᵢ in radians per position, width / 2 of them. If empty, they follow from the base.</param>
    /// <param name="scale">Factor of cosines and sines: YaRN's attention factor.</param>
    public RotaryTable(
        Device device, int context, int width, double rotaryBase = 10000, RotaryLayout layout = RotaryLayout.HalfSplit,
        ReadOnlySpan<double> inverseFrequencies = default, double scale = 1)
    {
        if (context < 1)
            throw new ArgumentException($"rotary context {context}; expected at least 1", nameof(context));
        if (width < 2 || width % 2 != 0)
            throw new ArgumentException($"rotary width {width}; expected an even number from 2", nameof(width));
        if (!(rotaryBase > 0 && double.IsFinite(rotaryBase)))
            throw new ArgumentException($"rotary base {rotaryBase}; expected a positive number", nameof(rotaryBase));
        if (inverseFrequencies.Length != 0 && inverseFrequencies.Length != width / 2)
            throw new ArgumentException($"{inverseFrequencies.Length} rotary frequencies for width {width}; expected {width / 2}",
                nameof(inverseFrequencies));
        Device = device;
        Context = context;
        Width = width;
        Layout = layout;
        Scale = scale;
        frequencies = inverseFrequencies.ToArray();
        if (frequencies.Length == 0)
        {
            frequencies = new double[width / 2];
            for (var i = 0; i < frequencies.Length; i++)
                frequencies[i] = Math.Pow(rotaryBase, -2.0 * i / width);
        }
    }

    /// <summary>Device of the ops that use the table.</summary>
    public Device Device { get; }

    /// <summary>Number of positions that the table covers.</summary>
    public int Context { get; }

    /// <summary>Number of features of a head that are rotated.</summary>
    public int Width { get; }

    /// <summary>Which two features form a pair.</summary>
    public RotaryLayout Layout { get; }

    /// <summary>Factor of cosines and sines.</summary>
    public double Scale { get; }

    /// <summary>θᵢ, Width / 2 of them.</summary>
    public ReadOnlySpan<double> InverseFrequencies => frequencies;

    /// <summary>
    /// F32 rows for position <paramref name="last"/> and all before it. HalfSplit: (cos θ₀ .. , sin θ₀ ..), Width floats. Interleaved: (cos
    /// θ₀, cos θ₀, cos θ₁, .., −sin θ₀, sin θ₀, −sin θ₁, ..), 2 Width floats: the factors for a register and for the same register with its
    /// pairs exchanged.
    /// </summary>
    internal Tensor Rows(int last)
    {
        var ready = Volatile.Read(ref rows);
        if (ready is not null && last < ready.Shape[0])
            return ready;
        lock (gate)
        {
            if (rows is null || rows.Shape[0] <= last)
                Volatile.Write(ref rows, Grown(last)); // a reader may still hold the old rows, so the garbage collector frees them
            return rows!;
        }
    }

    Tensor Grown(int last)
    {
        var count = Math.Min(Context, Math.Max(FirstRows, rows?.Shape[0] ?? 0));
        while (count <= last)
            count = (int)Math.Min(Context, 2L * count);
        var width = Layout == RotaryLayout.HalfSplit ? Width : 2 * Width;
        var grown = Device.Host.Empty(new Shape(count, width), DType.F32).Unscoped();
        var all = grown.AsSpan<float>();
        for (var position = 0; position < count; position++)
        {
            var row = all.Slice(position * width, width);
            for (var i = 0; i < frequencies.Length; i++)
            {
                var (sin, cos) = Math.SinCos(position * frequencies[i]);
                var (s, c) = ((float)(Scale * sin), (float)(Scale * cos));
                if (Layout == RotaryLayout.HalfSplit)
                    (row[i], row[Width / 2 + i]) = (c, s);
                else
                    (row[2 * i], row[2 * i + 1], row[Width + 2 * i], row[Width + 2 * i + 1]) = (c, c, -s, s);
            }
        }
        return Device.Take(grown).Unscoped();
    }
}
