using Nonet.Data.Masked;
using Nonet.Models.Encoders;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Masked;

/// <summary>The keys of a recipe with task: masked.</summary>
static class MaskedSections
{
    static readonly Section<MaskingOptions> masking = new Section<MaskingOptions>(() => new MaskingOptions())
        .Number("rate", o => o.Rate, (o, x) => o with { Rate = x }, "a number above 0 and at most 1", x => x is > 0 and <= 1)
        .WholeOrNull("most_predictions", o => o.MostPredictions, (o, n) => o with { MostPredictions = n }, least: 1)
        .Number("masked", o => o.Masked, (o, x) => o with { Masked = x }, "a fraction in [0, 1]", Fraction)
        .Number("kept", o => o.Kept, (o, x) => o with { Kept = x }, "a fraction in [0, 1]", Fraction)
        .Flag("whole_words", o => o.WholeWords, (o, on) => o with { WholeWords = on });

    static readonly Section<MaskedOptions> sequences = new Section<MaskedOptions>(() => new MaskedOptions())
        .Choice("packing", o => o.Packing, (o, choice) => o with { Packing = choice },
            ("pairs", SentencePacking.Pairs), ("full_sentences", SentencePacking.FullSentences), ("document_sentences", SentencePacking.DocumentSentences))
        .Number("short_probability", o => o.ShortProbability, (o, x) => o with { ShortProbability = x }, "a fraction in [0, 1]", Fraction)
        .Number("random_next", o => o.RandomNext, (o, x) => o with { RandomNext = x }, "a fraction in [0, 1]", Fraction)
        .WholeOrNull("duplicates", o => o.Duplicates, (o, n) => o with { Duplicates = n }, least: 1)
        .Nested("masking", masking, o => o.Masking, (o, inner) => o with { Masking = inner });

    static readonly Section<SentenceOptions> sentences = new Section<SentenceOptions>(() => new SentenceOptions())
        .Choice("cut", o => o.Cut, (o, choice) => o with { Cut = choice }, ("rules", SentenceCut.Rules), ("lines", SentenceCut.Lines))
        .Whole("longest", o => o.Longest, (o, n) => o with { Longest = n }, least: 8);

    static readonly Section<MaskedTrainingOptions> training = RecipeSections.Common(new Section<MaskedTrainingOptions>(() => Defaults)
        .Whole("steps", o => o.Steps, (o, n) => o with { Steps = n }, least: 1, required: true)
        .Whole("batch", o => o.Batch, (o, n) => o with { Batch = n }, least: 1)
        .WholeOrNull("length", o => o.Length, (o, n) => o with { Length = n }, least: MaskedBatchSource.LeastLength)
        .WholeOrNull("short_length", o => o.ShortLength, (o, n) => o with { ShortLength = n }, least: MaskedBatchSource.LeastLength)
        .Number("short_share", o => o.ShortShare, (o, x) => o with { ShortShare = x }, "a fraction in [0, 1]", Fraction)
        .Flag("next_token", o => o.NextToken, (o, on) => o with { NextToken = on })
        .Nested("sequences", sequences, o => o.Sequences, (o, inner) => o with { Sequences = inner }));

    /// <summary>Devlin et al. 2018, appendix A.2.</summary>
    static MaskedTrainingOptions Defaults => new()
    {
        Steps = 0,
        LearningRate = 1e-4,
        Warmup = 10_000,
        Schedule = ScheduleKind.Linear,
        Floor = 0,
        AdamW = new() { Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-6, WeightDecay = 0.01, BiasCorrection = false },
    };

    /// <summary>All of a recipe.</summary>
    public static readonly Section<MaskedRecipe> Recipe = new Section<MaskedRecipe>(() => new MaskedRecipe { Name = "", Model = new BertConfig { Vocab = 0 }, Training = Defaults })
        .Add("task", (r, _) => r, _ => YamlText.Of(MaskedRecipe.TaskName))
        .Text("name", r => r.Name, (r, text) => r with { Name = text })
        .Add("from", (r, v) => r with { From = v.IsNull ? null : RecipeSections.Existing(v, "a model's folder that exists, or null to begin with drawn weights") }, r => r.From is { } path ? YamlText.Of(path) : YamlText.Null)
        .Add("model", (r, v) => v.IsNull ? r : r with { Model = ModelSections.Read(v) }, r => r.From is null ? ModelSections.Write(r.Model) : YamlText.Null)
        .Nested("data", RecipeSections.Data, r => r.Data, (r, inner) => r with { Data = inner })
        .Nested("sentences", sentences, r => r.Sentences, (r, inner) => r with { Sentences = inner })
        .Add("tokenizer", (r, v) => v.IsNull ? r : r with { Tokenizer = TokenizerSections.Read(v) }, r => r.From is null ? TokenizerSections.Write(r.Tokenizer) : YamlText.Null)
        .Add("training", (r, v) => r with { Training = training.Read(v) }, r => training.Write(r.Training), required: "at least training.steps")
        .Nested("run", RecipeSections.Run, r => r.Run, (r, inner) => r with { Run = inner });

    static bool Fraction(double x) => x is >= 0 and <= 1;
}
