using System.Text.Json.Nodes;
using Nonet.Data;
using Nonet.Files;
using Nonet.Recipes.Yaml;
using Nonet.ToolUse.Annotation;

namespace Nonet.Recipes.Annotation;

/// <summary>Annotation of texts with calls of tools, as a recipe: a YAML file, or a record created in code.</summary>
public sealed record AnnotateRecipe
{
    internal static RecipeForm Form { get; } = new()
    {
        Called = "a recipe of nonet tools annotate",
        Templates =
        [
            new AnnotateRecipe { Name = "", Model = "", Data = new AnnotateData { Path = "" }, Tools = [] }, new AnnotateData { Path = "" },
            new SamplingOptions(),
            new CalculatorSource(), new CalendarSource(), new SearchSource { Index = "" }, new QuestionSource { Model = "" },
            new TranslatorSource { Model = "" }, new HttpSource { Name = "", Address = "" },
        ],
    };

    /// <summary>Name of the run. Its folder is runs/NAME unless another is given. If left out, the name of the recipe file.</summary>
    [Option("Name of the run. Its folder is runs/NAME unless another is given. If left out, the name of the recipe file.")]
    public required string Name { get; init; }

    /// <summary>The model that samples calls, and whose loss they must lower.</summary>
    [Option("The model that samples calls, and whose loss they must lower: a folder, a .gguf file, a run folder, or owner/name of a pulled model.")]
    public required string Model { get; init; }

    /// <summary>The texts.</summary>
    [Option("The texts.", Expected = "at least path")]
    public required AnnotateData Data { get; init; }

    /// <summary>The tools. Each is tried on its own; a text may have calls of several.</summary>
    [Option("The tools. Each is tried on its own; a text may have calls of several.", Expected = "a list of tools, such as {kind: calculator}")]
    public required IReadOnlyList<ToolSource> Tools { get; init; }

    /// <summary>How calls are sampled.</summary>
    [Option("How calls are sampled.")]
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Further thresholds for which the report counts the kept calls, besides each tool's own.</summary>
    [Option("Further thresholds for which the report counts the kept calls, besides each tool's own.", Expected = "a list of numbers")]
    public IReadOnlyList<double> Thresholds { get; init; } = [0.5, 1, 2];

    /// <summary>Maximum number of texts with calls of a tool.</summary>
    [Option("Maximum number of texts with calls of the tool; in further texts its calls are left out.", Least = 1)]
    public int Examples { get; init; } = 25_000;

    /// <summary>Time limit of a call in seconds.</summary>
    [Option("Time limit of a call in seconds.", Above = 0, Most = 3600)]
    public double Timeout { get; init; } = 10;

    /// <summary>Maximum number of characters in a result.</summary>
    [Option("Maximum number of characters in a result; a longer one is truncated.", Least = 1, Most = 100_000)]
    public int ResultCharacters { get; init; } = 500;

    /// <summary>Texts per shard. A stopped run loses at most the shard that it is working on.</summary>
    [Option("Texts per shard. A stopped run loses at most the shard that it is working on.", Least = 1, Most = 1_000_000)]
    public int Shard { get; init; } = 100;

    /// <summary>Reads a file strictly: unknown keys are errors.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Settings as key=value, such as tools.0.threshold=1.</param>
    /// <exception cref="RecipeException">The file is invalid. The message names file, line and key.</exception>
    public static AnnotateRecipe Load(string path, params IEnumerable<string> overrides)
    {
        var source = RecipeSource.Load(path, "the recipe of an annotation in YAML, such as recipes/tools/annotate.yaml", overrides);
        if (!source.Root.ContainsKey(TaskKind.NameKey))
            source.Root.Add(TaskKind.NameKey, Path.GetFileNameWithoutExtension(path));
        var recipe = new RecipeReader(source, Form).Read(RecipeJson.TypeOf<AnnotateRecipe>());
        source.Check(recipe.Check);
        return recipe;
    }

    /// <summary>All keys with their values, including defaults.</summary>
    public string ToYaml() => YamlText.Of(ToJson());

    internal JsonObject ToJson() => Form.Written(this, RecipeJson.TypeOf<AnnotateRecipe>());

    internal void Check()
    {
        if (Tools.Count == 0)
            throw new ArgumentException("tools is empty; expected at least one tool, such as {kind: calculator}");
        for (var i = 0; i < Tools.Count; i++)
            Tools[i].Check(FormattableString.Invariant($"tools.{i}"));
        if (Data.Documents == DocumentCut.Separator == string.IsNullOrEmpty(Data.Separator))
            throw new ArgumentException("data.separator must be set if and only if documents is separator");
    }
}

/// <summary>The texts to annotate.</summary>
public sealed record AnnotateData
{
    /// <summary>A file or folder of texts.</summary>
    [Option("A file, or a folder, which is searched with its subfolders for *.txt, *.jsonl, *.ndjson and *.parquet, plain or with .gz.", Exists = true,
        Expected = "a file or folder of texts (.txt, .jsonl, .parquet, plain or .gz) that exists")]
    public required string Path { get; init; }

    /// <summary>Field of each JSONL object, or column of a Parquet file, with the text.</summary>
    [Option("Field of each JSONL object, or column of a Parquet file, with the text.")]
    public string Field { get; init; } = "text";

    /// <summary>How text files are split into documents.</summary>
    [Option("How text files are split into documents. Each JSONL line and each Parquet row is a document.")]
    public DocumentCut Documents { get; init; } = DocumentCut.File;

    /// <summary>Text between the documents of a text file.</summary>
    [Option("Text between the documents of a text file; it is removed. Set it if and only if documents is separator.")]
    public string? Separator { get; init; }

    /// <summary>Character encoding of text and JSONL files.</summary>
    [Option("Character encoding of text and JSONL files.")]
    public TextEncoding Encoding { get; init; }

    /// <summary>JSONL field with the date of the document.</summary>
    [Option("JSONL field with the date of the document, such as 2023-01-30. The calendar returns this date.")]
    public string DateField { get; init; } = "date";

    /// <summary>JSONL field with the address of the document, which may name its date.</summary>
    [Option("JSONL field with the address of the document. Without a date field, the date is read from the address: /2023/01/30/, 2023-01-30 or 20230130.")]
    public string AddressField { get; init; } = "url";

    /// <summary>Maximum number of tokens in a text; null: as many as fit in the context twice, together with the longest prompt, but at most 256.</summary>
    [Option("Maximum number of tokens in a text; a longer document is split into several texts. Null: as many as fit into the model's context together with "
        + "the longest prompt, which also contains the text, but at most 256.", Least = 16, Most = 100_000)]
    public int? Tokens { get; init; }

    /// <summary>Maximum number of texts; null: all.</summary>
    [Option("Maximum number of texts; null: all.", Least = 1)]
    public int? Limit { get; init; }

    internal TextSource ToSource(int tokens) => new()
    {
        Data = new DataSource { Path = Path, Field = Field, Documents = Documents, Separator = Separator, Encoding = Encoding },
        DateField = DateField,
        AddressField = AddressField,
        Tokens = tokens,
        Limit = Limit,
    };
}
