using Nonet.Data.Tasks;
using Nonet.Inference.Encoders;
using Nonet.Models.Encoders;
using Nonet.Recipes.Yaml;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes.FineTuning;

/// <summary>The keys of recipes that fine-tune a BERT: they differ in their data.</summary>
static class FineTuneSections
{
    public const string Classify = "classify", Regress = "regress", Tag = "tag", Answer = "answer", Choose = "choose";

    const string File = "a file that exists";

    static readonly Section<LabelledTextOptions> labelled = new Section<LabelledTextOptions>(() => new LabelledTextOptions { Path = "" })
        .Add("path", (o, v) => o with { Path = RecipeSections.Existing(v, File) }, o => YamlText.Of(o.Path), required: File)
        .Add("format", (o, v) => o with { Format = Format(v) }, o => Format(o.Format))
        .Text("text", o => o.Text, (o, text) => o with { Text = text })
        .TextOrNull("second", o => o.Second, (o, text) => o with { Second = text })
        .Text("label", o => o.Label, (o, text) => o with { Label = text })
        .Add("header", (o, v) => o with { Header = v.IsNull ? null : v.Flag() }, o => o.Header is { } on ? YamlText.Plain(on ? "true" : "false") : YamlText.Null);

    static readonly Section<TaggedSentenceOptions> tagged = new Section<TaggedSentenceOptions>(() => new TaggedSentenceOptions { Path = "" })
        .Add("path", (o, v) => o with { Path = RecipeSections.Existing(v, File) }, o => YamlText.Of(o.Path), required: File)
        .Whole("word_column", o => o.WordColumn, (o, n) => o with { WordColumn = n }, least: 1)
        .WholeOrNull("tag_column", o => o.TagColumn, (o, n) => o with { TagColumn = n }, least: 1)
        .Text("word_field", o => o.WordField, (o, text) => o with { WordField = text })
        .Text("tag_field", o => o.TagField, (o, text) => o with { TagField = text });

    static readonly Section<PassageOptions> passages = new Section<PassageOptions>(() => new PassageOptions { Path = "" })
        .Add("path", (o, v) => o with { Path = RecipeSections.Existing(v, File) }, o => YamlText.Of(o.Path), required: File)
        .Flag("skip_mismatched", o => o.SkipMismatched, (o, on) => o with { SkipMismatched = on });

    static readonly Section<ChoiceOptions> choices = new Section<ChoiceOptions>(() => new ChoiceOptions { Path = "" })
        .Add("path", (o, v) => o with { Path = RecipeSections.Existing(v, File) }, o => YamlText.Of(o.Path), required: File)
        .Add("format", (o, v) => o with { Format = Format(v) }, o => Format(o.Format))
        .Text("prompt", o => o.Prompt, (o, text) => o with { Prompt = text })
        .TextOrNull("stem", o => o.Stem, (o, text) => o with { Stem = text })
        .Text("choices", o => o.Choices, (o, text) => o with { Choices = text })
        .Add("choice_fields", (o, v) => o with { ChoiceFields = v.IsNull ? null : [.. v.Items("a list of fields, or null").Select(item => item.Text("a field"))] },
            o => o.ChoiceFields is { } fields ? new YamlSequenceNode(fields.Select(f => (YamlNode)YamlText.Of(f))) : YamlText.Null)
        .Text("label", o => o.Label, (o, text) => o with { Label = text });

    static readonly Section<WindowOptions> windows = new Section<WindowOptions>(() => new WindowOptions())
        .Whole("max_length", o => o.MaxLength, (o, n) => o with { MaxLength = n }, least: 8)
        .Whole("stride", o => o.Stride, (o, n) => o with { Stride = n }, least: 1)
        .Whole("max_question", o => o.MaxQuestion, (o, n) => o with { MaxQuestion = n }, least: 1);

    static readonly Section<LabelledData> labelledData = Data(() => new LabelledData { Train = new() { Path = "" } }, labelled, d => d.Train, (d, o) => d with { Train = o }, d => d.Validation, (d, o) => d with { Validation = o });
    static readonly Section<TaggedData> taggedData = Data(() => new TaggedData { Train = new() { Path = "" } }, tagged, d => d.Train, (d, o) => d with { Train = o }, d => d.Validation, (d, o) => d with { Validation = o });
    static readonly Section<PassageData> passageData = Data(() => new PassageData { Train = new() { Path = "" } }, passages, d => d.Train, (d, o) => d with { Train = o }, d => d.Validation, (d, o) => d with { Validation = o })
        .Nested("windows", windows, d => d.Windows, (d, o) => d with { Windows = o });
    static readonly Section<ChoiceData> choiceData = Data(() => new ChoiceData { Train = new() { Path = "" } }, choices, d => d.Train, (d, o) => d with { Train = o }, d => d.Validation, (d, o) => d with { Validation = o });

    static readonly Section<LoraOptions> lora = new Section<LoraOptions>(() => new LoraOptions())
        .Whole("rank", o => o.Rank, (o, n) => o with { Rank = n }, least: 1)
        .Number("alpha", o => o.Alpha, (o, x) => o with { Alpha = x }, "a number above 0", RecipeSections.Positive)
        .Add("projections", (o, v) => o with { Projections = [.. v.Items("a list such as [query, value]").Select(item => item.Text("a layer of a block, such as query"))] },
            o => new YamlSequenceNode(o.Projections.Select(p => (YamlNode)YamlText.Of(p))));

    static readonly Section<FineTuneOptions> training = RecipeSections.Common(new Section<FineTuneOptions>(() => Defaults)
        .Number("epochs", o => o.Epochs, (o, x) => o with { Epochs = x }, "a number above 0", RecipeSections.Positive)
        .Whole("batch", o => o.Batch, (o, n) => o with { Batch = n }, least: 1)
        .WholeOrNull("length", o => o.Length, (o, n) => o with { Length = n }, least: 4)
        .Number("warmup_share", o => o.WarmupShare, (o, x) => o with { WarmupShare = x }, "a fraction in [0, 1)", x => x is >= 0 and < 1)
        .Add("lora", (o, v) => o with { Lora = v.IsNull ? null : lora.Read(v) }, o => o.Lora is { } inner ? lora.Write(inner) : YamlText.Null)).Without("warmup", "evaluate_every", "save_every");

    /// <summary>Devlin et al. 2018, appendix A.3; with Adam's bias corrected, as Mosbach et al. 2021 found steadier on small data.</summary>
    static FineTuneOptions Defaults => new()
    {
        Steps = 1, // set by epochs
        LearningRate = 5e-5,
        Schedule = ScheduleKind.Linear,
        Floor = 0,
        AdamW = new() { Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-6, WeightDecay = 0.01 },
    };

    static readonly (string Task, Section<FineTuneRecipe> Section)[] all =
    [
        (Classify, Recipe(Classify, labelledData, d => d)),
        (Regress, Recipe(Regress, labelledData, d => d with { Train = d.Train with { Numbers = true } })),
        (Tag, Recipe(Tag, taggedData, d => d)),
        (Answer, Recipe(Answer, passageData, d => d)),
        (Choose, Recipe(Choose, choiceData, d => d)),
    ];

    public static IEnumerable<string> Tasks => all.Select(s => s.Task);

    public static Section<FineTuneRecipe> Of(string task) => Array.Find(all, s => s.Task == task).Section;

    static Section<FineTuneRecipe> Recipe<T>(string task, Section<T> data, Func<T, T> read) where T : FineTuneData =>
        new Section<FineTuneRecipe>(() => new FineTuneRecipe { Name = "", Task = task, From = "", Model = new BertConfig { Vocab = 0 }, Data = null!, Training = Defaults })
            .Add("task", (r, _) => r, r => YamlText.Of(r.Task))
            .Text("name", r => r.Name, (r, text) => r with { Name = text })
            .Text("from", r => r.From, (r, text) => r with { From = text }, "the folder of a model to start from")
            .Flag("scratch", r => r.Scratch, (r, on) => r with { Scratch = on })
            .Add("data", (r, v) => r with { Data = read(data.Read(v)) }, r => data.Write((T)r.Data), required: "train: the examples")
            .Add("training", (r, v) => r with { Training = training.Read(v) }, r => training.Write(r.Training))
            .Nested("run", RecipeSections.Run, r => r.Run, (r, inner) => r with { Run = inner });

    static Section<T> Data<T, TOptions>(Func<T> defaults, Section<TOptions> options, Func<T, TOptions> train, Func<T, TOptions, T> withTrain, Func<T, TOptions?> validation, Func<T, TOptions?, T> withValidation)
        where T : FineTuneData where TOptions : class => new Section<T>(defaults)
        .Add("train", (d, v) => withTrain(d, options.Read(v)), d => options.Write(train(d)), required: "path: the examples to train on")
        .Add("validation", (d, v) => withValidation(d, v.IsNull ? null : options.Read(v)), d => validation(d) is { } inner ? options.Write(inner) : YamlText.Null)
        .Number("held_out", d => d.HeldOut, (d, x) => d with { HeldOut = x }, "a fraction in (0, 1)", x => x is > 0 and < 1)
        .Seed("seed", d => d.Seed, (d, n) => d with { Seed = n });

    const string Formats = "tsv, csv, jsonl, or null to go by the name";

    static TaskFormat? Format(YamlValue v) => v.IsNull ? null : v.Text(Formats) switch { "tsv" => TaskFormat.Tsv, "csv" => TaskFormat.Csv, "jsonl" => TaskFormat.Jsonl, _ => throw v.Wrong(Formats) };

    static YamlScalarNode Format(TaskFormat? format) => format is { } known ? YamlText.Of(known.ToString().ToLowerInvariant()) : YamlText.Null;
}
