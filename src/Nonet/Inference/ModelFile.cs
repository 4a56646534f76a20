using System.Text.Json;
using Nonet.Formats;
using Nonet.Formats.Gguf;
using Nonet.Formats.Llama2c;
using Nonet.Models;
using Nonet.Text;

namespace Nonet.Inference;

/// <summary>A model as it lies on the disk, whatever its format: its shape, its tensors, its tokenizer. Nothing of the weights is read yet.</summary>
public sealed class ModelFile
{
    readonly GgufModel? gguf;

    ModelFile(string path)
    {
        Location = ModelPath.Resolve(path);
        if (GgufFile.Is(Location))
        {
            gguf = GgufModel.Open(Location);
            (Format, Config, Tensors, Weights) = ("GGUF", gguf.Config, gguf.File, gguf.Weights);
        }
        else if (Llama2cFile.Is(Location) && !Directory.Exists(Location))
        {
            var file = Llama2cFile.Open(Location);
            (Format, Config, Tensors, Weights) = ("llama2.c", file.Config, file, file.Weights);
        }
        else
        {
            var folder = HuggingFaceFolder.Open(Location);
            (Format, Config, Tensors, Weights) = ("Hugging Face", folder.Config, folder.Tensors, folder.Weights);
        }
    }

    /// <param name="path">A Hugging Face folder, a .gguf file, a .bin file of llama2.c, or a run folder: its best checkpoint, else its last.</param>
    /// <exception cref="IOException">Something is missing or cannot be read; names the file.</exception>
    /// <exception cref="MalformedFileException">A file is damaged, or of a kind that is not supported; names file and field.</exception>
    public static ModelFile Open(string path) => new(path);

    /// <summary>The folder or file.</summary>
    public string Location { get; }

    /// <summary>Hugging Face, GGUF or llama2.c.</summary>
    public string Format { get; }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>What is stored, under the format's own names.</summary>
    public ITensorStore Tensors { get; }

    /// <summary>The values of the model's parameters.</summary>
    public CheckpointWeights Weights { get; }

    /// <summary>How its makers would have it write.</summary>
    public GenerationDefaults Defaults => Directory.Exists(Location) ? GenerationDefaults.Read(Location) : new GenerationDefaults();

    public bool HasTokenizer => gguf is null ? Tokenizer.IsIn(Location) : GgufTokenizer.IsIn(gguf.File);

    /// <summary>The tokenizer in the folder or file. Throws where there is none.</summary>
    public Tokenizer LoadTokenizer() => Tokenizer.Load(Location);

    /// <summary>The template that makes a text of a conversation, as it is stored; null: none.</summary>
    public string? ChatTemplate
    {
        get
        {
            if (gguf is not null)
                return gguf.File.Metadata.Text("tokenizer.chat_template");
            if (!Directory.Exists(Location))
                return null;
            var (own, config) = (Path.Combine(Location, "chat_template.jinja"), Path.Combine(Location, Tokenizer.ConfigFileName));
            if (File.Exists(own))
                return File.ReadAllText(own);
            if (!File.Exists(config) || JsonFields.Read(config) is var fields && !fields.Has("chat_template"))
                return null;
            var value = fields.All.First(p => p.Name == "chat_template").Value;
            if (value.ValueKind == JsonValueKind.Array) // of several, the one called default
                return fields.Objects("chat_template").FirstOrDefault(t => t.Text("name") == "default")?.Text("template");
            return fields.Text("chat_template");
        }
    }
}
