using Nonet.Checkpoints.Adapters;
using Nonet.Checkpoints.Gguf;
using Nonet.Checkpoints.Llama2c;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Formats.Gguf;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Reference;
using Nonet.Text;
using Nonet.Text.Gguf;
using Nonet.Text.Llama2c;

namespace Nonet.Checkpoints;

/// <summary>A model on the disk in any format: its shape, its tensors, its tokenizer. The weights are not read yet.</summary>
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

    /// <summary>Opens the base model of a checkpoint's adapter.</summary>
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
            throw new FileNotFoundException(
                $"{checkpoint}: the base model of its adapter is {named.Name}, which was at {named.Location} and cannot be opened: {e.Message}; "
                + "restore that model, or give it explicitly: MODEL --adapter RUN", e);
        }
        if (found.AdapterPath is not null)
            throw new NotSupportedException(
                $"{checkpoint}: the base model of its adapter is {named.Name}, which is an adapter itself; merge that one first: nonet merge MODEL ADAPTER "
                + $"OUT");
        named.Check(found.Tensors, checkpoint);
        return found;
    }

    /// <param name="path">
    /// A Hugging Face folder, a .gguf file, a .bin file of llama2.c, or a run folder (its best checkpoint, otherwise its last). A run that
    /// trained an adapter also opens its base model.
    /// </param>
    /// <exception cref="IOException">A file is missing or cannot be read. The message names it.</exception>
    /// <exception cref="MalformedFileException">A file is damaged or of an unsupported kind. The message names the file and the field.</exception>
    public static ModelFile Open(string path) => new(path);

    /// <summary>Path of the folder or file.</summary>
    public string Location { get; }

    /// <summary>Name of the format: Hugging Face, GGUF or llama2.c.</summary>
    public string Format { get; }

    /// <summary>Shape of the model, with the head of its adapter.</summary>
    public ModelConfig Config { get; }

    /// <summary>Shape of the model in <see cref="Tensors"/>, without the head of the adapter.</summary>
    public ModelConfig StoredConfig { get; }

    /// <summary>Adapter that a run trained on the model; null: none.</summary>
    public string? AdapterPath { get; }

    /// <summary>Stored tensors under the names of the format, without the adapter.</summary>
    public ITensorStore Tensors { get; }

    /// <summary>Metadata of a GGUF file; null for other formats.</summary>
    internal GgufMetadata? Metadata => gguf?.File.Metadata;

    /// <summary>Values of the model's parameters, without the adapter.</summary>
    public CheckpointWeights Weights { get; }

    /// <summary>Contradictions in the files and how they were resolved, one sentence each, to be shown to the user.</summary>
    public IReadOnlyList<string> Warnings { get; } = [];

    /// <summary>Tokens that begin and end a text, generation settings of the model's authors, and chat templates.</summary>
    public ModelSettings Settings => settings ??= standing is not null ? standing.Settings.Over(Location)
        : gguf is not null ? ModelSettings.Read(gguf.File) : Directory.Exists(Location) ? ModelSettings.Read(Location) : new ModelSettings();

    /// <summary>Generation settings of the model's authors.</summary>
    public GenerationDefaults Defaults => Settings.Generation;

    /// <summary>
    /// Token before every text: the begin token that the model's files name (bos_token_id), otherwise the token that the tokenizer adds
    /// before a text, otherwise the end token, as in GPT-2. Tokens outside the vocabulary are ignored.
    /// </summary>
    /// <exception cref="NotSupportedException">The model has none of these tokens.</exception>
    public int StartToken(Tokenizer tokenizer) => Settings.BeginToken is { } named && named < Math.Min(tokenizer.Vocab, Config.Vocab) ? named
        : tokenizer.Encode("") is [var mark, ..] ? mark
        : tokenizer.HasEndOfText ? tokenizer.EndOfText
        : throw new NotSupportedException(
            $"{Location}: found no token that begins or ends a text; expected bos_token_id or eos_token_id in config.json, or eos_token in "
            + $"{Tokenizer.ConfigFileName}");

    /// <summary>Whether the folder or file has a tokenizer.</summary>
    public bool HasTokenizer => gguf is not null ? GgufTokenizer.IsIn(gguf.File) : llama2cTokenizer is not null || Tokenizer.IsIn(Location);

    /// <summary>Loads the tokenizer in the folder or file, or beside a llama2.c checkpoint. Throws if there is none.</summary>
    public Tokenizer LoadTokenizer()
    {
        if (llama2cTokenizer is not null)
            return Llama2cTokenizer.Open(llama2cTokenizer, Config.Vocab);
        return Format != "llama2.c" || standing is not null ? Tokenizer.Load(Location)
            : throw new FileNotFoundException($"{Location}: found no tokenizer beside it; expected {string.Join(" or ", Llama2cTokenizer.Names(Config.Vocab))}",
                Location);
    }

    /// <summary>Bytes that frozen weights take beside the mapped file, because they are stored transposed (GPT-2), reordered or scaled.</summary>
    public long CopiedBytes()
    {
        using var declared = new ParameterStore(ReferenceDevice.Shared);
        StoredConfig.Create(declared.Root);
        return declared.Parameters.Sum(Weights.CopiedBytes);
    }

    /// <summary>Chat template as stored; null: none.</summary>
    public string? ChatTemplate => Settings.ChatTemplate;
}
