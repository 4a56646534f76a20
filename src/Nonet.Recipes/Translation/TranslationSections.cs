using Nonet.Data.Tasks;
using Nonet.Recipes.Yaml;
using Nonet.Text.Bpe;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes.Translation;

/// <summary>The keys of a recipe with task: translate.</summary>
static class TranslationSections
{
    const string File = "a file that exists, or null";

    static readonly Section<ParallelTextOptions> parallel = new Section<ParallelTextOptions>(() => new ParallelTextOptions())
        .Add("source", (o, v) => o with { Source = ExistingOrNull(v) }, o => OrNull(o.Source))
        .Add("target", (o, v) => o with { Target = ExistingOrNull(v) }, o => OrNull(o.Target))
        .Add("path", (o, v) => o with { Path = ExistingOrNull(v) }, o => OrNull(o.Path))
        .Add("format", (o, v) => o with { Format = v.IsNull ? null : v.Text(Formats) switch { "tsv" => ParallelTextFormat.Tsv, "jsonl" => ParallelTextFormat.Jsonl, _ => throw v.Wrong(Formats) } },
            o => o.Format is { } format ? YamlText.Of(format.ToString().ToLowerInvariant()) : YamlText.Null)
        .TextOrNull("source_field", o => o.SourceField, (o, text) => o with { SourceField = text })
        .TextOrNull("target_field", o => o.TargetField, (o, text) => o with { TargetField = text })
        .Flag("header", o => o.Header, (o, on) => o with { Header = on });

    static readonly Section<TranslationData> data = new Section<TranslationData>(() => new TranslationData { Train = new ParallelTextOptions() })
        .Add("train", (d, v) => d with { Train = parallel.Read(v) }, d => parallel.Write(d.Train), required: "source and target, or path: the pairs to train on")
        .Add("validation", (d, v) => d with { Validation = v.IsNull ? null : parallel.Read(v) }, d => d.Validation is { } inner ? parallel.Write(inner) : YamlText.Null)
        .Number("held_out", d => d.HeldOut, (d, x) => d with { HeldOut = x }, "a fraction in (0, 1)", x => x is > 0 and < 1)
        .Seed("seed", d => d.Seed, (d, n) => d with { Seed = n });

    static readonly Section<TranslationOptions> training = RecipeSections.Common(new Section<TranslationOptions>(() => Defaults)
        .Whole("steps", o => o.Steps, (o, n) => o with { Steps = n }, least: 1, required: true)
        .Whole("batch_tokens", o => o.BatchTokens, (o, n) => o with { BatchTokens = n }, least: 1)
        .Number("smoothing", o => o.Smoothing, (o, x) => o with { Smoothing = x }, "a number in [0, 1)", x => x is >= 0 and < 1)
        .Whole("average", o => o.Average, (o, n) => o with { Average = n }, least: 1)
        .Flag("bleu", o => o.Bleu, (o, on) => o with { Bleu = on }));

    /// <summary>The paper's optimiser: section 5.3.</summary>
    static TranslationOptions Defaults => new()
    {
        Steps = 0,
        Schedule = ScheduleKind.InverseSquareRoot,
        Warmup = 4000,
        AdamW = new() { Beta1 = 0.9, Beta2 = 0.98, Epsilon = 1e-9, WeightDecay = 0 },
        Clip = null,
    };

    /// <summary>Stands where the model is yet to be read.</summary>
    internal static readonly Models.ModelConfig Unset = new Models.EncoderDecoders.TransformerConfig { Vocab = 0, StartToken = -1 };

    /// <summary>All of a recipe. A byte-level BPE that it trains ends texts with a mark, unless it says otherwise.</summary>
    public static readonly Section<TranslationRecipe> Recipe = new Section<TranslationRecipe>(() => new TranslationRecipe
    {
        Name = "",
        Model = Unset,
        Data = new TranslationData { Train = new ParallelTextOptions() },
        Training = Defaults,
    })
        .Add("task", (r, _) => r, _ => YamlText.Of(TranslationRecipe.TaskName))
        .Text("name", r => r.Name, (r, text) => r with { Name = text })
        .Add("from", (r, v) => r with { From = v.IsNull ? null : RecipeSections.Existing(v, "a model's folder that exists, or null to begin with drawn weights") }, r => r.From is { } path ? YamlText.Of(path) : YamlText.Null)
        .Add("model", (r, v) => v.IsNull ? r : r with { Model = ModelSections.Read(v) }, r => r.From is null ? ModelSections.Write(r.Model) : YamlText.Null)
        .Nested("data", data, r => r.Data, (r, inner) => r with { Data = inner })
        .Add("tokenizer", (r, v) => v.IsNull ? r : r with { Tokenizer = TokenizerSections.Read(v, forTranslation) }, r => r.From is null ? TokenizerSections.Write(r.Tokenizer) : YamlText.Null)
        .Add("training", (r, v) => r with { Training = training.Read(v) }, r => training.Write(r.Training), required: "at least training.steps")
        .Nested("run", RecipeSections.Run, r => r.Run, (r, inner) => r with { Run = inner });

    static readonly BpeTrainerOptions forTranslation = new() { Special = ["</s>", "<pad>"], EndMark = true };

    const string Formats = "tsv, jsonl, or null to go by the name";

    static string? ExistingOrNull(YamlValue v) => v.IsNull ? null : System.IO.File.Exists(v.Text(File)) ? v.Text(File) : throw v.Wrong(File);

    static YamlScalarNode OrNull(string? text) => text is null ? YamlText.Null : YamlText.Of(text);
}
