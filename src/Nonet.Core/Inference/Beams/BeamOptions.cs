namespace Nonet.Inference.Beams;

/// <summary>Settings of a beam search. The defaults are those of Vaswani et al. 2017, section 6.1.</summary>
public sealed record BeamOptions
{
    /// <summary>Number of hypotheses kept for each source. 1 is greedy decoding: always the most likely token.</summary>
    public int Beam { get; init; } = 4;

    /// <summary>
    /// α of the length penalty ((5 + |Y|) / 6)^α, which divides log-probabilities: above 0 favours long outputs, 0 is off. Wu et al. 2016, eq. 14.
    /// </summary>
    public double Alpha { get; init; } = 0.6;

    /// <summary>
    /// The exponent p of the length penalty |Y|^p in transformers, which replaces that of <see cref="Alpha"/>; |Y| includes the end token. If the maximum
    /// length ends the search, unfinished hypotheses compete with finished ones, as in transformers. Null: finished hypotheses always precede unfinished ones.
    /// </summary>
    public double? LengthPenalty { get; init; }

    /// <summary>Maximum length of an output in tokens, including the end, beyond the length of its source. The model's context limits it, too.</summary>
    public int MaxExtra { get; init; } = 50;

    /// <summary>The id that ends an output.</summary>
    public required int EndToken { get; init; }

    /// <summary>Only ids below this are generated. A tokenizer may have fewer ids than the model, whose table is often rounded up. Null: all.</summary>
    public int? Vocab { get; init; }

    /// <summary>
    /// Ids that are never generated, such as padding and the unknown token. The model's start token is always suppressed, unless it is also the end token. The
    /// other ids keep their probabilities.
    /// </summary>
    public IReadOnlyCollection<int> Suppressed { get; init; } = [];

    /// <summary>The divisor of an output's log-probability, for a number of tokens that includes the end.</summary>
    internal double Penalty(int tokens) => LengthPenalty is { } exponent ? Math.Pow(tokens, exponent) : Math.Pow((5.0 + tokens) / 6, Alpha);

    internal void Check(int vocab)
    {
        if (Beam < 1)
            throw Wrong(nameof(Beam), Beam, "at least 1");
        if (!double.IsFinite(Alpha))
            throw Wrong(nameof(Alpha), Alpha, "a finite number");
        if (LengthPenalty is { } exponent && !double.IsFinite(exponent))
            throw Wrong(nameof(LengthPenalty), exponent, "a finite number");
        if (MaxExtra < 0)
            throw Wrong(nameof(MaxExtra), MaxExtra, "at least 0");
        if (Vocab is < 1 || Vocab > vocab)
            throw Wrong(nameof(Vocab), Vocab!, $"1 to the model's {vocab}");
        if ((uint)EndToken >= (uint)(Vocab ?? vocab))
            throw Wrong(nameof(EndToken), EndToken, $"an id below {Vocab ?? vocab}");
        if (Suppressed.Contains(EndToken))
            throw Wrong(nameof(Suppressed), $"with the end token {EndToken}", "other ids: without an end no output ends");
    }

    static ArgumentException Wrong(string name, object found, string expected) =>
        new(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"BeamOptions.{name} is {found}; expected {expected}"));
}
