using Nonet.Checkpoints.Adapters;
using Nonet.Checkpoints.Hub;
using Nonet.Checkpoints.Llama2c;
using Nonet.Formats.Gguf;

namespace Nonet.Checkpoints;

/// <summary>Resolves the path of a model.</summary>
public static class ModelPath
{
    const string Supported = "a Hugging Face folder (config.json, model.safetensors), a .gguf file, a .bin file of llama2.c, or a run folder";

    /// <summary>
    /// The Hugging Face folder or the file of a path. For a run folder: the average of its last checkpoints if the recipe asked for one,
    /// otherwise its best checkpoint, otherwise its last. For owner/name: the model pulled from the hub. Existing paths take precedence.
    /// </summary>
    public static string Resolve(string path)
    {
        if (GgufFile.Is(path) || (Llama2cFile.Is(path) && !Directory.Exists(path)))
            return File.Exists(path) ? path : throw new FileNotFoundException($"{path}: found no such file; expected {Supported}", path);
        if (File.Exists(path))
            throw new NotSupportedException($"{path}: found a file; expected {Supported}");
        if (!Directory.Exists(path))
        {
            path = HubName.TryParse(path) is { } name ? HubClient.Find(name, HubOptions.FromEnvironment())
                ?? throw new DirectoryNotFoundException(
                    $"{path}: found no such folder; expected {Supported}, or a model that has been pulled: nonet pull {name}")
                : throw new DirectoryNotFoundException($"{path}: found no such folder; expected {Supported}");
            if (!File.Exists(Path.Combine(path, "config.json")) && Directory.GetFiles(path, "*.gguf") is { Length: > 0 } files)
                return files.Length == 1 ? files[0] : GgufParts.First(files)
                    ?? throw new FileNotFoundException(
                    $"{path}: found {files.Length} GGUF files; name one of them: {string.Join(", ", files.Select(Path.GetFileName))}");
        }
        if (File.Exists(Path.Combine(path, "config.json")) || BaseModel.IsIn(path))
            return path;
        if (File.Exists(Path.Combine(path, WeightAverage.FolderName, "config.json")))
            return Path.Combine(path, WeightAverage.FolderName);
        var checkpoints = Path.Combine(path, "checkpoints");
        if (!Directory.Exists(checkpoints))
            throw new FileNotFoundException($"{path}: found neither config.json nor checkpoints/ (a run has them after its first save); expected {Supported}");
        var folder = new CheckpointFolder(checkpoints);
        return folder.Best ?? folder.Last
            ?? throw new FileNotFoundException($"{checkpoints}: found no checkpoint; train until the first one is saved, or give another model");
    }

    /// <summary>Folder of the adapter of a path: the path itself, or the adapter of a checkpoint or run that trained one.</summary>
    public static string ResolveAdapter(string path)
    {
        if (PeftAdapter.IsIn(path) || !Directory.Exists(path))
            return path;
        var checkpoint = BaseModel.IsIn(path) || !Directory.Exists(Path.Combine(path, "checkpoints")) ? path : Resolve(path);
        return PeftAdapter.IsIn(BaseModel.AdapterIn(checkpoint)) ? BaseModel.AdapterIn(checkpoint) : path;
    }
}
