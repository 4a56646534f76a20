using Nonet.Data;
using Nonet.Models;
using Nonet.Recipes.Yaml;
using Nonet.Text;

namespace Nonet.Recipes;

/// <summary>A whole training run as data: a YAML file, or a record made in code.</summary>
public sealed record Recipe
{
    /// <summary>What the run is called: its folder is runs/NAME unless another is given.</summary>
    public required string Name { get; init; }

    /// <summary>Shape of the decoder; a Vocab of 0 stands for the tokenizer's.</summary>
    public required ModelConfig Model { get; init; }

    public RecipeData Data { get; init; } = new();

    public RecipeTokenizer Tokenizer { get; init; } = new();

    /// <summary>Everything else that determines the result; the model is put in when the tokenizer is known.</summary>
    public required PretrainOptions Training { get; init; }

    /// <summary>Bytes that training may take: an update is divided into micro-batches that are estimated to fit, see <see cref="TrainingMemory.Fit"/>; null: as the options say.</summary>
    public long? Memory { get; init; }

    /// <summary>What shows the run and keeps it; nothing here changes the result.</summary>
    public RunOptions Run { get; init; } = new() { Out = "" };

    /// <summary>Reads a file, strictly: see <see cref="RecipeSections"/> for the keys.</summary>
    /// <param name="path">A YAML file.</param>
    /// <param name="overrides">Each key=value, such as training.steps=100.</param>
    public static Recipe Load(string path, params IEnumerable<string> overrides)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: found no such file; expected a recipe in YAML, such as those in recipes/");
        return Parse(path, File.ReadAllText(path), overrides);
    }

    internal static Recipe Parse(string path, string text, IEnumerable<string> overrides)
    {
        var source = YamlSource.Parse(path, text, overrides);
        var recipe = RecipeSections.Recipe.Read(new YamlValue(source, "", source.Root));
        recipe = recipe.Name.Length > 0 ? recipe : recipe with { Name = Path.GetFileNameWithoutExtension(path) };
        try
        {
            recipe.Check();
        }
        catch (ArgumentException e) when (e is not ArgumentNullException)
        {
            throw new RecipeException($"{path}: {e.Message}", e);
        }
        return recipe;
    }

    /// <summary>Every key with its value, those that were left out included: running this again gives the same run.</summary>
    public string ToYaml() => YamlText.Save(RecipeSections.Recipe.Write(this));

    /// <summary>The options of <see cref="Pretrain"/> with the model in them.</summary>
    /// <param name="vocab">Ids of the tokenizer.</param>
    public PretrainOptions OptionsFor(int vocab) => Training with { Model = Model.Vocab == 0 ? Model with { Vocab = vocab } : Model };

    /// <summary>What the fields must satisfy together, whatever the tokenizer.</summary>
    internal void Check()
    {
        var options = OptionsFor(vocab: 1);
        options.Model.Check();
        options.Check();
        try
        {
            Tokenizer.Train?.Check();
        }
        catch (ArgumentException e) // its message begins with the name of the option
        {
            throw new ArgumentException($"tokenizer.{e.Message}", e);
        }
        if (Data.Sources is not null)
        {
            if (Data.Path is not null)
                throw new ArgumentException("data.path and data.sources are both given: one of the two is needed");
            Data.ToOptions().Check();
        }
    }
}

/// <summary>Where the text comes from and what of it is held out: one <see cref="Path"/>, or several <see cref="Sources"/>.</summary>
public sealed record RecipeData
{
    /// <summary>See <see cref="DataSource.Path"/>; null, without sources: the repository's data/.</summary>
    public string? Path { get; init; }

    /// <summary>How text files under <see cref="Path"/> are cut into documents.</summary>
    public DocumentCut Documents { get; init; } = DocumentCut.Chapters;

    /// <summary>The text in JSONL and Parquet files under <see cref="Path"/>.</summary>
    public string Field { get; init; } = "text";

    /// <summary>A mixture of texts; null: <see cref="Path"/> alone.</summary>
    public IReadOnlyList<DataSource>? Sources { get; init; }

    /// <summary>See <see cref="DataOptions.Validation"/>.</summary>
    public double Validation { get; init; } = 0.05;

    /// <summary>See <see cref="DataOptions.Seed"/>.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The same with every default filled in.</summary>
    public DataOptions ToOptions() => new()
    {
        Sources = Sources ?? [new DataSource { Path = Path ?? DataFolder.Find(), Documents = Documents, Field = Field }],
        Validation = Validation,
        Seed = Seed,
    };
}

/// <summary>What turns text into ids: bytes, unless one of these is given.</summary>
public sealed record RecipeTokenizer
{
    /// <summary>A folder with tokenizer.json.</summary>
    public string? Folder { get; init; }

    /// <summary>One that the run trains on its training text first.</summary>
    public TokenizerTrainerOptions? Train { get; init; }

    /// <summary>Number of ids; of one that is yet to be trained, the most it can have.</summary>
    internal int Vocab => Train?.Vocab ?? (Folder is { } folder ? Tokenizer.Load(folder) : new ByteTokenizer()).Vocab;
}
