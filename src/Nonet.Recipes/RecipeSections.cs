using Nonet.Data;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Recipes.Yaml;
using Nonet.Training;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes;

/// <summary>The keys of a recipe: a line each.</summary>
static class RecipeSections
{
    /// <summary>Stands where the model is yet to be read.</summary>
    public static readonly ModelConfig Unset = new GptConfig { Vocab = 0 };

    /// <summary>Where reading starts from.</summary>
    /// <param name="steps">Updates, where no key gives them.</param>
    public static Recipe Unread(int steps) => new() { Name = "", Model = Unset, Training = new PretrainOptions { Steps = steps } };

    internal static bool Positive(double x) => x > 0;
    static bool NotNegative(double x) => x >= 0;
    static bool Fraction(double x) => x is >= 0 and <= 1;
    static bool BelowOne(double x) => x is >= 0 and < 1;

    static readonly (string, DocumentCut)[] cuts = [("file", DocumentCut.File), ("chapters", DocumentCut.Chapters), ("separator", DocumentCut.Separator)];
    const string Text = "a file or folder of texts (.txt, .jsonl, .parquet, plain or .gz) that exists";

    static readonly Section<DataSource> dataSource = new Section<DataSource>(() => new DataSource { Path = "" })
        .Add("path", (d, v) => d with { Path = Existing(v, Text) }, d => YamlText.Of(d.Path), required: Text)
        .Add("format", (d, v) => d with { Format = v.IsNull ? null : v.Text(Formats) switch { "text" => DataFormat.Text, "jsonl" => DataFormat.Jsonl, "parquet" => DataFormat.Parquet, _ => throw v.Wrong(Formats) } },
            d => d.Format is { } format ? YamlText.Of(format.ToString().ToLowerInvariant()) : YamlText.Null)
        .Text("field", d => d.Field, (d, text) => d with { Field = text })
        .Choice("encoding", d => d.Encoding, (d, choice) => d with { Encoding = choice }, [.. TextEncodings.Names])
        .Choice("documents", d => d.Documents, (d, choice) => d with { Documents = choice }, cuts)
        .Add("separator", (d, v) => d with { Separator = v.IsNull ? null : v.Text("a text, or null") }, d => d.Separator is { } text ? YamlText.Of(text) : YamlText.Null)
        .NumberOrNull("weight", d => d.Weight, (d, x) => d with { Weight = x }, "a number above 0", Positive)
        .Choice("split", d => d.Split, (d, choice) => d with { Split = choice }, ("by_document", DataSplit.ByDocument), ("train", DataSplit.Train), ("validation", DataSplit.Validation))
        .Flag("skip_broken", d => d.SkipBroken, (d, on) => d with { SkipBroken = on });

    /// <summary>Where the text comes from.</summary>
    public static readonly Section<RecipeData> Data = new Section<RecipeData>(() => new RecipeData())
        .Add("path", (d, v) => d with { Path = v.IsNull ? null : Existing(v, Text + ", or null for the repository's data/") }, d => d.Path is { } path ? YamlText.Of(path) : YamlText.Null)
        .Choice("documents", d => d.Documents, (d, choice) => d with { Documents = choice }, cuts[..2])
        .Text("field", d => d.Field, (d, text) => d with { Field = text })
        .Choice("encoding", d => d.Encoding, (d, choice) => d with { Encoding = choice }, [.. TextEncodings.Names])
        .Add("sources", (d, v) => d with { Sources = v.IsNull ? null : [.. v.Items("a list of sources, or null").Select(item => dataSource.Read(item))] },
            d => d.Sources is { } sources ? new YamlSequenceNode(sources.Select(source => (YamlNode)dataSource.Write(source))) : YamlText.Null)
        .Number("validation", d => d.Validation, (d, x) => d with { Validation = x }, "a fraction in [0, 1)", BelowOne)
        .Seed("seed", d => d.Seed, (d, n) => d with { Seed = n });

    static readonly Section<AdamWOptions> adamw = new Section<AdamWOptions>(() => new AdamWOptions())
        .Number("beta1", o => o.Beta1, (o, x) => o with { Beta1 = x }, "a number in [0, 1)", BelowOne)
        .Number("beta2", o => o.Beta2, (o, x) => o with { Beta2 = x }, "a number in [0, 1)", BelowOne)
        .Number("epsilon", o => o.Epsilon, (o, x) => o with { Epsilon = x }, "a number of at least 0", NotNegative)
        .Number("weight_decay", o => o.WeightDecay, (o, x) => o with { WeightDecay = x }, "a number of at least 0", NotNegative)
        .Flag("bias_correction", o => o.BiasCorrection, (o, on) => o with { BiasCorrection = on });

    static readonly Section<MuonOptions> muon = new Section<MuonOptions>(() => new MuonOptions())
        .Number("momentum", o => o.Momentum, (o, x) => o with { Momentum = x }, "a number in [0, 1)", BelowOne)
        .Number("weight_decay", o => o.WeightDecay, (o, x) => o with { WeightDecay = x }, "a number of at least 0", NotNegative)
        .Number("rate_factor", o => o.RateFactor, (o, x) => o with { RateFactor = x }, "a number above 0", Positive);

    static readonly Section<BatchRamp> ramp = new Section<BatchRamp>(() => new BatchRamp())
        .Whole("from", o => o.From, (o, n) => o with { From = n }, least: 1)
        .Whole("updates", o => o.Updates, (o, n) => o with { Updates = n }, least: 1);

    static readonly Section<PretrainOptions> training = Common(new Section<PretrainOptions>(() => new PretrainOptions { Steps = 0 })
        .Whole("steps", o => o.Steps, (o, n) => o with { Steps = n }, least: 1, required: true)
        .Whole("batch", o => o.Batch, (o, n) => o with { Batch = n }, least: 1)
        .WholeOrNull("length", o => o.Length, (o, n) => o with { Length = n }, least: 1)
        .Add("batch_ramp", (o, v) => o with { BatchRamp = v.IsNull ? null : ramp.Read(v) }, o => o.BatchRamp is { } inner ? ramp.Write(inner) : YamlText.Null)
        .NumberOrNull("z_loss", o => o.ZLoss, (o, x) => o with { ZLoss = x }, "a number above 0 and at most 1", x => x is > 0 and <= 1));

    /// <summary>The keys of every kind of training, beside its steps and those of its own.</summary>
    public static Section<T> Common<T>(Section<T> section) where T : TrainingOptions => section
        .Whole("accumulate", o => o.Accumulate, (o, n) => o with { Accumulate = n }, least: 1)
        .Number("learning_rate", o => o.LearningRate, (o, x) => o with { LearningRate = x }, "a number above 0", Positive)
        .Whole("warmup", o => o.Warmup, (o, n) => o with { Warmup = n })
        .Choice("schedule", o => o.Schedule, (o, choice) => o with { Schedule = choice }, ("cosine", ScheduleKind.Cosine), ("constant", ScheduleKind.Constant), ("linear", ScheduleKind.Linear),
            ("inverse_sqrt", ScheduleKind.InverseSquareRoot), ("wsd", ScheduleKind.WarmupStableDecay))
        .Number("decay", o => o.Decay, (o, x) => o with { Decay = x }, "a fraction in (0, 1]", x => x is > 0 and <= 1)
        .Number("floor", o => o.Floor, (o, x) => o with { Floor = x }, "a fraction in [0, 1]", Fraction)
        .Nested("adamw", adamw, o => o.AdamW, (o, inner) => o with { AdamW = inner })
        .Add("muon", (o, v) => o with { Muon = v.IsNull ? null : muon.Read(v) }, o => o.Muon is { } inner ? muon.Write(inner) : YamlText.Null)
        .NumberOrNull("ema_decay", o => o.EmaDecay, (o, x) => o with { EmaDecay = x }, "a number in (0, 1)", x => x is > 0 and < 1)
        .NumberOrNull("clip", o => o.Clip, (o, x) => o with { Clip = x }, "a number above 0", Positive)
        .Seed("seed", o => o.Seed, (o, n) => o with { Seed = n })
        .Flag("gradient_checkpointing", o => o.GradientCheckpointing, (o, on) => o with { GradientCheckpointing = on })
        .Whole("evaluate_every", o => o.EvaluateEvery, (o, n) => o with { EvaluateEvery = n }, least: 1)
        .Whole("save_every", o => o.SaveEvery, (o, n) => o with { SaveEvery = n }, least: 1)
        .Choice("on_divergence", o => o.OnDivergence, (o, choice) => o with { OnDivergence = choice }, ("stop", OnDivergence.Stop), ("rollback", OnDivergence.Rollback))
        .NumberOrNull("spike_deviations", o => o.SpikeDeviations, (o, x) => o with { SpikeDeviations = x }, "a number above 0", Positive)
        .Whole("spike_window", o => o.SpikeWindow, (o, n) => o with { SpikeWindow = n }, least: 2);

    /// <summary>What shows a run and keeps it.</summary>
    public static readonly Section<RunOptions> Run = new Section<RunOptions>(() => new RunOptions { Out = "" })
        .Whole("report_every", o => o.ReportEvery, (o, n) => o with { ReportEvery = n }, least: 1)
        .Whole("keep", o => o.Keep, (o, n) => o with { Keep = n }, least: 1)
        .WholeOrNull("sample_every", o => o.SampleEvery, (o, n) => o with { SampleEvery = n }, least: 1)
        .Text("prompt", o => o.Prompt, (o, text) => o with { Prompt = text })
        .Number("sample_temperature", o => o.Sampler.Temperature, (o, x) => o with { Sampler = o.Sampler with { Temperature = x } }, "a number of at least 0", NotNegative)
        .Whole("sample_tokens", o => o.SampleTokens, (o, n) => o with { SampleTokens = n });

    /// <summary>All of a recipe.</summary>
    public static readonly Section<Recipe> Recipe = new Section<Recipe>(() => Unread(steps: 0))
        .Add("task", (r, _) => r, _ => YamlText.Of(Nonet.Recipes.Recipe.TaskName))
        .Text("name", r => r.Name, (r, text) => r with { Name = text })
        .Add("from", (r, v) => r with { From = v.IsNull ? null : Existing(v, "a model's folder that exists, or null to begin with drawn weights") }, r => r.From is { } path ? YamlText.Of(path) : YamlText.Null)
        .Add("model", (r, v) => v.IsNull ? r : r with { Model = ModelSections.Read(v) }, r => r.From is null ? ModelSections.Write(r.Model) : YamlText.Null)
        .Nested("data", Data, r => r.Data, (r, inner) => r with { Data = inner })
        .Add("tokenizer", (r, v) => v.IsNull ? r : r with { Tokenizer = TokenizerSections.Read(v) }, r => r.From is null ? TokenizerSections.Write(r.Tokenizer) : YamlText.Null)
        .Add("training", (r, v) => r with { Training = training.Read(v) }, r => training.Write(r.Training), required: "at least training.steps")
        .Add("memory_mb", (r, v) => r with { Memory = v.IsNull ? null : v.Node is YamlScalarNode { Value: "auto" } ? TrainingMemory.Available : v.Whole("a whole number of megabytes, auto, or null", 1, 1 << 30) << 20 },
            r => r.Memory is { } bytes ? YamlText.Number(bytes >> 20) : YamlText.Null)
        .Nested("run", Run, r => r.Run, (r, inner) => r with { Run = inner });

    /// <summary>What a run of a sweep has of a training recipe: how long each run is, when it is measured and saved, and what shows it, the sweep decides.</summary>
    static readonly Section<PretrainOptions> trainingOfSweep = training.Without("steps", "batch_ramp", "warmup", "seed", "evaluate_every", "save_every");

    /// <summary>The training recipe of a sweep.</summary>
    public static readonly Section<Recipe> RecipeOfSweep = Recipe.Without("task", "name", "from", "training", "memory_mb", "run")
        .Add("training", (r, v) => r with { Training = trainingOfSweep.Read(v, r.Training) }, r => trainingOfSweep.Write(r.Training));

    const string Formats = "text, jsonl, parquet, or null to go by the name";

    internal static string Existing(YamlValue value, string expected) => value.Text(expected) is var path && System.IO.Path.Exists(path) ? path : throw value.Wrong(expected);
}
