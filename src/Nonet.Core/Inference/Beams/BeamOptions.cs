namespace Nonet.Inference.Beams;

/// <summary>Settings of a beam search. The defaults are those of Vaswani et al. 2017, section 6.1.</summary>
public sealed record BeamOptions
{
    /// <summary>Number of hypotheses kept for each source. 1 is greedy decoding: always the likeliest token.</summary>
    public int Beam { get; init; } = 4;

    /// <summary>α of ((5 + |Y|) / 6)^α, which log-probabilities are divided by: above 0 favours long outputs, 0 is off. Wu et al. 2016, eq. 14.</summary>
    public double Alpha { get; init; } = 0.6;

    /// <summary>
    /// transformers' rule in place of ours: the exponent p of |Y|^p, which log-probabilities are divided by, |Y| counting the end; and where the bound on the
    /// length ends a search, hypotheses without an end compete with those that have one. Null: our rule, by which those with an end go before the others.
    /// </summary>
    public double? LengthPenalty { get; init; }

    /// <summary>Maximum length of an output in tokens, including the end, beyond the length of its source. The model's context limits it, too.</summary>
    public int MaxExtra { get; init; } = 50;

    /// <summary>The id that ends an output.</summary>
    public required int EndToken { get; init; }

    /// <summary>Only ids below it are written: a tokenizer may have fewer than the model, whose table was rounded up. Null: all.</summary>
    public int? Vocab { get; init; }

    /// <summary>
    /// Ids that are never written, such as padding and the unknown token; the model's start token is none of an output in any case, unless it is
    /// the end too. The others keep their probabilities.
    /// </summary>
    public IReadOnlyCollection<int> Suppressed { get; init; } = [];

    /// <summary>What the log-probability of an output of so many tokens, the end included, is divided by.</summary>
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
