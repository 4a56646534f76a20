using System.Globalization;

namespace Nonet.Models.Layers;

/// <summary>
/// Changes rotary frequencies so that a model can read longer sequences than in training. Names and fields are those of rope_scaling
/// (rope_parameters) in config.json.
/// </summary>
public abstract record RopeScaling
{
    /// <summary>rope_type.</summary>
    public abstract string Kind { get; }

    /// <summary>Factor of cosines and sines.</summary>
    public virtual double AttentionFactor => 1;

    /// <summary>θᵢ for a sequence of <paramref name="longest"/> tokens: width / 2 numbers, in radians per position.</summary>
    public abstract double[] Frequencies(int width, double ropeBase, int longest);

    /// <summary>A number that is equal for sequence lengths with the same frequencies.</summary>
    public virtual int Regime(int longest) => 0;

    /// <summary>
    /// Longest sequence of a model with this scaling. <paramref name="maxPositions"/> is max_position_embeddings of its configuration.
    /// </summary>
    public virtual int Context(int maxPositions) => maxPositions;

    /// <summary>Checks the fields for a model of this rotary width. Returns an error message, or null if they are valid.</summary>
    public virtual string? Wrong(int width) => null;

    /// <summary>θᵢ without scaling: ropeBase^(−2i / width).</summary>
    protected static double[] Plain(int width, double ropeBase)
    {
        var frequencies = new double[width / 2];
        for (var i = 0; i < frequencies.Length; i++)
            frequencies[i] = Math.Pow(ropeBase, -2.0 * i / width);
        return frequencies;
    }

    /// <summary>Returns an error message if a value is below 1 or not finite; otherwise null.</summary>
    protected static string? NotAtLeastOne(string name, double value) =>
        value >= 1 && double.IsFinite(value) ? null : string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; expected a finite number of at least 1");
}

/// <summary>Divides positions by a factor. Chen et al. 2023, "Extending context window ... via positional interpolation".</summary>
public sealed record LinearRope(double Factor) : RopeScaling
{
    /// <inheritdoc/>
    public override string Kind => "linear";

    /// <inheritdoc/>
    public override string? Wrong(int width) => NotAtLeastOne("factor", Factor);

    /// <inheritdoc/>
    public override double[] Frequencies(int width, double ropeBase, int longest)
    {
        var frequencies = Plain(width, ropeBase);
        for (var i = 0; i < frequencies.Length; i++)
            frequencies[i] /= Factor;
        return frequencies;
    }
}

/// <summary>
/// NTK-aware scaling for sequences beyond the trained length. The base grows with the length T: base · (factor · T / trained − factor +
/// 1)^(d / (d − 2)). All tokens of a pass are rotated with the frequencies of the sequence's current length; cached keys keep the rotation
/// they were stored with.
/// </summary>
public sealed record DynamicRope(double Factor, int TrainedContext) : RopeScaling
{
    /// <inheritdoc/>
    public override string Kind => "dynamic";

    /// <inheritdoc/>
    public override int Regime(int longest) => Math.Max(0, longest - TrainedContext);

    /// <inheritdoc/>
    public override int Context(int maxPositions) => (int)Math.Min(int.MaxValue, Math.Max(maxPositions, Factor * TrainedContext));

    /// <inheritdoc/>
    public override string? Wrong(int width) => width < 4 ? $"rotary width {width}; dynamic scaling needs at least 4" : NotAtLeastOne("factor", Factor);

    /// <inheritdoc/>
    public override double[] Frequencies(int width, double ropeBase, int longest) =>
        Plain(width, ropeBase * Math.Pow(Factor * Math.Max(longest, TrainedContext) / TrainedContext - (Factor - 1), width / (width - 2.0)));
}

/// <summary>
/// Llama 3.1: long wavelengths are stretched by the factor, short ones are kept, and those between are interpolated. Grattafiori et al.
/// 2024; released code.
/// </summary>
public sealed record Llama3Rope(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int TrainedContext) : RopeScaling
{
    /// <inheritdoc/>
    public override string Kind => "llama3";

    /// <inheritdoc/>
    public override string? Wrong(int width) => NotAtLeastOne("factor", Factor)
        ?? (LowFrequencyFactor > 0 && HighFrequencyFactor > LowFrequencyFactor ? null
            : string.Create(CultureInfo.InvariantCulture,
                $"low_freq_factor is {LowFrequencyFactor} and high_freq_factor {HighFrequencyFactor}; expected 0 < low < high"));

    /// <inheritdoc/>
    public override double[] Frequencies(int width, double ropeBase, int longest)
    {
        var frequencies = Plain(width, ropeBase);
        for (var i = 0; i < frequencies.Length; i++)
        {
            var wavelengths = TrainedContext / (2 * Math.PI / frequencies[i]); // number of wavelengths in the trained context
            var kept = Math.Clamp((wavelengths - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor), 0, 1);
            frequencies[i] *= (1 - kept) / Factor + kept;
        }
        return frequencies;
    }
}

/// <summary>
/// YaRN: interpolation by wavelength, with a ramp between two numbers of rotations, and scaled cosines and sines. Peng et al. 2023, section
/// 3.
/// </summary>
public sealed record YarnRope(double Factor, int TrainedContext) : RopeScaling
{
    /// <summary>Frequencies with at least this many rotations in the trained context are kept: β of the paper.</summary>
    public double FastRotations { get; init; } = 32;

    /// <summary>Frequencies with at most this many rotations are divided by the factor: α of the paper.</summary>
    public double SlowRotations { get; init; } = 1;

    /// <summary>Whether the ramp begins and ends at whole dimensions.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>Factor of cosines and sines; null: 0.1 ln(factor) + 1.</summary>
    public double? GivenAttentionFactor { get; init; }

    /// <inheritdoc/>
    public override string Kind => "yarn";

    /// <inheritdoc/>
    public override double AttentionFactor => GivenAttentionFactor ?? Scale(Factor);

    /// <inheritdoc/>
    public override int Context(int maxPositions) => (int)Math.Min(int.MaxValue, Math.Max(maxPositions, Factor * TrainedContext));

    /// <inheritdoc/>
    public override string? Wrong(int width) => NotAtLeastOne("factor", Factor)
        ?? (SlowRotations > 0 && FastRotations >= SlowRotations && double.IsFinite(FastRotations) ? null
            : string.Create(CultureInfo.InvariantCulture, $"beta_fast is {FastRotations} and beta_slow {SlowRotations}; expected 0 < slow <= fast"))
        ?? (AttentionFactor > 0
            && double.IsFinite(AttentionFactor) ? null
            : string.Create(CultureInfo.InvariantCulture, $"attention_factor is {AttentionFactor}; expected a number above 0"));

    /// <summary>0.1 · weight · ln(factor) + 1; 1 without stretching. Peng et al. 2023, eq. 22.</summary>
    public static double Scale(double factor, double weight = 1) => factor <= 1 ? 1 : 0.1 * weight * Math.Log(factor) + 1;

    /// <inheritdoc/>
    public override double[] Frequencies(int width, double ropeBase, int longest)
    {
        var (low, high) = (Dimension(FastRotations), Dimension(SlowRotations));
        if (Truncate)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, width - 1));
        if (low == high)
            high += 0.001; // a ramp needs some length
        var frequencies = Plain(width, ropeBase);
        for (var i = 0; i < frequencies.Length; i++)
        {
            var stretched = Math.Clamp((i - low) / (high - low), 0, 1);
            frequencies[i] *= stretched / Factor + 1 - stretched;
        }
        return frequencies;

        double Dimension(double rotations) => width * Math.Log(TrainedContext / (rotations * 2 * Math.PI)) / (2 * Math.Log(ropeBase));
    }
}

/// <summary>
/// LongRoPE: a divisor for each frequency, from one list up to the trained length and from another beyond it. Ding et al. 2024; Phi-3.
/// </summary>
/// <param name="Short">Divisors for sequences up to the trained context, width / 2.</param>
/// <param name="Long">Divisors for longer sequences, width / 2.</param>
/// <param name="Factor">Ratio of the longest sequence to the trained context.</param>
/// <param name="TrainedContext">Longest sequence in training, in tokens.</param>
public sealed record LongRope(IReadOnlyList<double> Short, IReadOnlyList<double> Long, double Factor, int TrainedContext) : RopeScaling
{
    /// <summary>Factor of cosines and sines; null: √(1 + ln(factor) / ln(trained context)).</summary>
    public double? GivenAttentionFactor { get; init; }

    /// <inheritdoc/>
    public override string Kind => "longrope";

    /// <inheritdoc/>
    public override double AttentionFactor => GivenAttentionFactor ?? (Factor <= 1 ? 1 : Math.Sqrt(1 + Math.Log(Factor) / Math.Log(TrainedContext)));

    /// <inheritdoc/>
    public override int Regime(int longest) => longest > TrainedContext ? 1 : 0;

    /// <inheritdoc/>
    public override string? Wrong(int width) => Short.Count != width / 2 || Long.Count != width / 2
        ? $"short_factor has {Short.Count} and long_factor {Long.Count} numbers; expected {width / 2}, half the rotary width"
        : Short.Concat(Long).All(d => d > 0 && double.IsFinite(d)) ? NotAtLeastOne("factor", Math.Max(1, Factor))
        : "short_factor and long_factor must be numbers above 0";

    /// <inheritdoc/>
    public override double[] Frequencies(int width, double ropeBase, int longest)
    {
        var (frequencies, divisors) = (Plain(width, ropeBase), Regime(longest) == 0 ? Short : Long);
        for (var i = 0; i < frequencies.Length; i++)
            frequencies[i] /= divisors[i];
        return frequencies;
    }

    /// <inheritdoc/>
    public bool Equals(LongRope? other) => other is not null && Factor == other.Factor && TrainedContext == other.TrainedContext
        && GivenAttentionFactor == other.GivenAttentionFactor && Short.SequenceEqual(other.Short) && Long.SequenceEqual(other.Long);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Factor, TrainedContext, Short.Count);
}
