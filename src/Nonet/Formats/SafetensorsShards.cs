using System.Diagnostics.CodeAnalysis;

namespace Nonet.Formats;

/// <summary>The tensors of a model folder: model.safetensors, or the shards that model.safetensors.index.json lists.</summary>
sealed class SafetensorsShards
{
    public const string Single = "model.safetensors";
    const string Index = Single + ".index.json";

    readonly Dictionary<string, (SafetensorsFile File, SafetensorsEntry Entry)> tensors = new(StringComparer.Ordinal);

    public SafetensorsShards(string folder)
    {
        var single = Path.Combine(folder, Single);
        FilePath = Path.Combine(folder, Index);
        if (File.Exists(single))
        {
            FilePath = single;
            var file = SafetensorsFile.Open(single);
            foreach (var (name, entry) in file.Entries)
                tensors.Add(name, (file, entry));
        }
        else if (File.Exists(FilePath))
            OpenShards(folder);
        else
            throw new FileNotFoundException($"{folder}: found neither {Single} nor {Index}; expected one of them (weights in pytorch_model.bin must be converted to safetensors first)", single);
    }

    /// <summary>The file that lists the tensors.</summary>
    public string FilePath { get; }

    public bool TryGet(string name, [NotNullWhen(true)] out SafetensorsFile? file, [NotNullWhen(true)] out SafetensorsEntry? entry)
    {
        var found = tensors.TryGetValue(name, out var tensor);
        (file, entry) = tensor;
        return found;
    }

    void OpenShards(string folder)
    {
        var files = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        var map = JsonFields.Read(FilePath).Object("weight_map") ?? throw new MalformedFileException(FilePath, "no field 'weight_map'", "the shard of every tensor");
        foreach (var pair in map.All)
        {
            var shard = map.Text(pair.Name) ?? throw map.Wrong(pair.Name, "a file name");
            if (shard != Path.GetFileName(shard) || shard is "" or "." or "..")
                throw map.Wrong(pair.Name, "the name of a file in the same folder");
            if (!files.TryGetValue(shard, out var file))
            {
                var path = Path.Combine(folder, shard);
                if (!File.Exists(path))
                    throw map.Wrong(pair.Name, "a file that is there");
                files.Add(shard, file = SafetensorsFile.Open(path));
            }
            if (!file.Entries.TryGetValue(pair.Name, out var entry))
                throw new MalformedFileException(file.FilePath, $"no tensor '{pair.Name}'", $"it, as {Index} says");
            tensors.TryAdd(pair.Name, (file, entry));
        }
    }
}
