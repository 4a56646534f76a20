namespace Nonet.Formats;

/// <summary>The tensors of a model folder: model.safetensors, or the shards that model.safetensors.index.json lists.</summary>
sealed class SafetensorsShards : ITensorStore
{
    public const string Single = "model.safetensors";
    const string Index = Single + ".index.json";

    readonly Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);

    public SafetensorsShards(string folder)
    {
        var single = Path.Combine(folder, Single);
        FilePath = Path.Combine(folder, Index);
        if (File.Exists(single))
        {
            FilePath = single;
            var file = SafetensorsFile.Open(single);
            foreach (var (name, tensor) in file.Tensors)
                tensors.Add(name, tensor);
        }
        else if (File.Exists(FilePath))
            OpenShards(folder);
        else
            throw new FileNotFoundException($"{folder}: found neither {Single} nor {Index}; expected one of them (weights in pytorch_model.bin must be converted to safetensors first)", single);
    }

    /// <summary>The file that lists the tensors.</summary>
    public string FilePath { get; }

    public IReadOnlyDictionary<string, StoredTensor> Tensors => tensors;

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
            if (!file.Tensors.TryGetValue(pair.Name, out var tensor))
                throw new MalformedFileException(file.FilePath, $"no tensor '{pair.Name}'", $"it, as {Index} says");
            tensors.TryAdd(pair.Name, tensor);
        }
    }
}
