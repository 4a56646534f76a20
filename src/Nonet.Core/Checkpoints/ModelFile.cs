using Nonet.Checkpoints.Adapters;
using Nonet.Checkpoints.Gguf;
using Nonet.Checkpoints.Llama2c;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Text;
using Nonet.Text.Gguf;
using Nonet.Text.Llama2c;

namespace Nonet.Checkpoints;

/// <summary>A model as it lies on the disk, whatever its format: its shape, its tensors, its tokenizer. Nothing of the weights is read yet.</summary>
public sealed class ModelFile
{
    readonly GgufModel? gguf;
    readonly string? llama2cTokenizer;
    readonly ModelFile? standing;
    ModelSettings? settings;

    ModelFile(string path)
    {
        Location = ModelPath.Resolve(path);
        if (BaseModel.IsIn(Location))
        {
            standing = OpenBase(Location);
            AdapterPath = BaseModel.AdapterIn(Location);
            (Format, StoredConfig, Tensors, Weights) = (standing.Format, standing.Config, standing.Tensors, standing.Weights);
            Warnings = standing.Warnings;
            Config = PeftAdapter.ConfigOf(AdapterPath, StoredConfig);
            return;
        }
        if (GgufFile.Is(Location))
        {
            gguf = GgufModel.Open(Location);
            (Format, Config, Tensors, Weights) = ("GGUF", gguf.Config, gguf.File, gguf.Weights);
        }
        else if (Llama2cFile.Is(Location) && !Directory.Exists(Location))
        {
            var file = Llama2cFile.Open(Location);
            (Format, Config, Tensors, Weights) = ("llama2.c", file.Config, file, file.Weights);
            llama2cTokenizer = Llama2cTokenizer.Beside(Location, Config.Vocab);
        }
        else
        {
            var folder = HuggingFaceFolder.Open(Location);
            (Format, Config, Tensors, Weights, Warnings) = ("Hugging Face", folder.Config, folder.Tensors, folder.Weights, folder.Warnings);
        }
        StoredConfig = Config;
    }

    /// <summary>The model that the adapter of a checkpoint stands on.</summary>
    static ModelFile OpenBase(string checkpoint)
    {
        var named = BaseModel.Read(checkpoint);
        var there = Path.Exists(named.Location) ? named.Location : named.Name;
        ModelFile found;
        try
        {
            found = new ModelFile(there);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"{checkpoint}: its adapter stands on {named.Name}, which was at {named.Location} and cannot be opened: {e.Message}; "
                + "put that model back, or name it: MODEL --adapter RUN", e);
        }
        if (found.AdapterPath is not null)
            throw new NotSupportedException($"{checkpoint}: its adapter stands on {named.Name}, which is an adapter itself; merge that one first: nonet merge MODEL ADAPTER OUT");
        named.Check(found.Tensors, checkpoint);
        return found;
    }

    /// <param name="path">A Hugging Face folder, a .gguf file, a .bin file of llama2.c, or a run folder: its best checkpoint, else its last, with the model that it stands on if the run trained an adapter.</param>
    /// <exception cref="IOException">Something is missing or cannot be read; names the file.</exception>
    /// <exception cref="MalformedFileException">A file is damaged, or of a kind that is not supported; names file and field.</exception>
    public static ModelFile Open(string path) => new(path);

    /// <summary>The folder or file.</summary>
    public string Location { get; }

    /// <summary>Hugging Face, GGUF or llama2.c.</summary>
    public string Format { get; }

    /// <summary>The model's shape, with the head that an adapter brings.</summary>
    public ModelConfig Config { get; }

    /// <summary>The shape of what <see cref="Tensors"/> holds: without an adapter's head.</summary>
    public ModelConfig StoredConfig { get; }

    /// <summary>The adapter that belongs on the model: that of a run which trained one. Null: none.</summary>
    public string? AdapterPath { get; }

    /// <summary>What is stored, under the format's own names, without the adapter.</summary>
    public ITensorStore Tensors { get; }

    /// <summary>The values of the model's parameters, without the adapter.</summary>
    public CheckpointWeights Weights { get; }

    /// <summary>What does not fit together in the files and was settled: a sentence each, to be shown to whoever opens the model.</summary>
    public IReadOnlyList<string> Warnings { get; } = [];

    /// <summary>Which tokens begin and end a text, how its makers would have it write, and how a conversation is laid out.</summary>
    public ModelSettings Settings => standing?.Settings ?? (settings ??= gguf is not null ? ModelSettings.Read(gguf.File) : Directory.Exists(Location) ? ModelSettings.Read(Location) : new ModelSettings());

    /// <summary>How its makers would have it write.</summary>
    public GenerationDefaults Defaults => Settings.Generation;

    /// <summary>
    /// The token that stands before a text, for every verb alike: the begin mark that the model's files name (bos_token_id); else the mark that the tokenizer puts before a text; else
    /// the mark that ends one, as in GPT-2. A mark beyond the vocabulary is none.
    /// </summary>
    /// <exception cref="NotSupportedException">There is none of them.</exception>
    public int StartToken(Tokenizer tokenizer) => Settings.BeginToken is { } named && named < Math.Min(tokenizer.Vocab, Config.Vocab) ? named
        : tokenizer.Encode("") is [var mark, ..] ? mark
        : tokenizer.HasEndOfText ? tokenizer.EndOfText
        : throw new NotSupportedException($"{Location}: found no mark that begins or ends a text; expected bos_token_id or eos_token_id in config.json, or eos_token in {Tokenizer.ConfigFileName}");

    public bool HasTokenizer => gguf is not null ? GgufTokenizer.IsIn(gguf.File) : llama2cTokenizer is not null || Tokenizer.IsIn(Location);

    /// <summary>The tokenizer in the folder or file; that of a llama2.c checkpoint lies beside it. Throws where there is none.</summary>
    public Tokenizer LoadTokenizer()
    {
        if (llama2cTokenizer is not null)
            return Llama2cTokenizer.Open(llama2cTokenizer, Config.Vocab);
        return Format != "llama2.c" || standing is not null ? Tokenizer.Load(Location)
            : throw new FileNotFoundException($"{Location}: found no tokenizer beside it; expected {string.Join(" or ", Llama2cTokenizer.Names(Config.Vocab))}", Location);
    }

    /// <summary>The template that makes a text of a conversation, as it is stored; null: none.</summary>
    public string? ChatTemplate => Settings.ChatTemplate;
}
