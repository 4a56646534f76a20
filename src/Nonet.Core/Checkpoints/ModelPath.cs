using Nonet.Checkpoints.Adapters;
using Nonet.Checkpoints.Hub;
using Nonet.Checkpoints.Llama2c;
using Nonet.Formats.Gguf;

namespace Nonet.Checkpoints;

/// <summary>What the path of a model stands for.</summary>
public static class ModelPath
{
    const string Supported = "a Hugging Face folder (config.json, model.safetensors), a .gguf file, a .bin file of llama2.c, or a run folder";

    /// <summary>The Hugging Face folder or the file that a path names: itself, or of a run folder the average of its last checkpoints where the recipe asked for one, the best checkpoint, else the last; owner/name is what has been pulled from the hub. What exists on the disk goes first.</summary>
    public static string Resolve(string path)
    {
        if (GgufFile.Is(path) || (Llama2cFile.Is(path) && !Directory.Exists(path)))
            return File.Exists(path) ? path : throw new FileNotFoundException($"{path}: found no such file; expected {Supported}", path);
        if (File.Exists(path))
            throw new NotSupportedException($"{path}: found a file; expected {Supported}");
        if (!Directory.Exists(path))
        {
            path = HubName.TryParse(path) is { } name ? HubClient.Find(name, HubOptions.FromEnvironment())
                ?? throw new DirectoryNotFoundException($"{path}: found no such folder; expected {Supported}, or a model that has been pulled: nonet pull {name}")
                : throw new DirectoryNotFoundException($"{path}: found no such folder; expected {Supported}");
            if (!File.Exists(Path.Combine(path, "config.json")) && Directory.GetFiles(path, "*.gguf") is { Length: > 0 } files)
                return files.Length == 1 ? files[0] : GgufParts.First(files) ?? throw new FileNotFoundException($"{path}: found {files.Length} GGUF files; name one of them: {string.Join(", ", files.Select(Path.GetFileName))}");
        }
        if (File.Exists(Path.Combine(path, "config.json")) || BaseModel.IsIn(path))
            return path;
        if (File.Exists(Path.Combine(path, WeightAverage.FolderName, "config.json")))
            return Path.Combine(path, WeightAverage.FolderName);
        var checkpoints = Path.Combine(path, "checkpoints");
        if (!Directory.Exists(checkpoints))
            throw new FileNotFoundException($"{path}: found neither config.json nor checkpoints/; expected {Supported}");
        var folder = new CheckpointFolder(checkpoints);
        return folder.Best ?? folder.Last
            ?? throw new FileNotFoundException($"{checkpoints}: found no checkpoint; train until the first one is saved, or name a model");
    }

    /// <summary>The folder of an adapter that a path names: itself, or that of a checkpoint or run which trained one.</summary>
    public static string ResolveAdapter(string path)
    {
        if (PeftAdapter.IsIn(path) || !Directory.Exists(path))
            return path;
        var checkpoint = BaseModel.IsIn(path) || !Directory.Exists(Path.Combine(path, "checkpoints")) ? path : Resolve(path);
        return PeftAdapter.IsIn(BaseModel.AdapterIn(checkpoint)) ? BaseModel.AdapterIn(checkpoint) : path;
    }
}
