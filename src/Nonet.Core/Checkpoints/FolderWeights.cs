using Nonet.Files;
using Nonet.Formats;
using Nonet.Formats.PyTorch;
using Nonet.Formats.Safetensors;

namespace Nonet.Checkpoints;

/// <summary>Tensors of a model folder: model.safetensors, or the shards in its index. If neither exists, the same for pytorch_model.bin.</summary>
sealed class FolderWeights : ITensorStore
{
    public const string Single = "model.safetensors";
    const string PyTorch = "pytorch_model.bin", Index = ".index.json";

    readonly Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);

    public FolderWeights(string folder)
    {
        foreach (var (name, open) in new (string, Func<string, ITensorStore>)[] { (Single, SafetensorsFile.Open), (PyTorch, PyTorchFile.Open) })
        {
            var single = Path.Combine(folder, name);
            if (File.Exists(single))
            {
                FilePath = single;
                tensors = new(open(single).Tensors, StringComparer.Ordinal);
                return;
            }
            if (File.Exists(single + Index))
            {
                FilePath = single + Index;
                OpenShards(folder, open);
                return;
            }
        }
        throw new FileNotFoundException($"{folder}: found neither {Single} nor {Single}{Index} nor {PyTorch}; expected one of them",
            Path.Combine(folder, Single));
    }

    /// <summary>The file that lists the tensors.</summary>
    public string FilePath { get; }

    public IReadOnlyDictionary<string, StoredTensor> Tensors => tensors;

    void OpenShards(string folder, Func<string, ITensorStore> open)
    {
        var files = new Dictionary<string, ITensorStore>(StringComparer.Ordinal);
        var map = JsonFields.Read(FilePath).Object("weight_map")
            ?? throw new MalformedFileException(FilePath, "no field 'weight_map'", "the shard of every tensor");
        foreach (var pair in map.All)
        {
            var shard = map.Text(pair.Name) ?? throw map.Wrong(pair.Name, "a file name");
            if (shard != Path.GetFileName(shard) || shard is "" or "." or "..")
                throw map.Wrong(pair.Name, "the name of a file in the same folder");
            if (!files.TryGetValue(shard, out var file))
            {
                var path = Path.Combine(folder, shard);
                if (!File.Exists(path))
                    throw map.Wrong(pair.Name, "an existing file");
                files.Add(shard, file = open(path));
            }
            if (!file.Tensors.TryGetValue(pair.Name, out var tensor))
                throw new MalformedFileException(file.FilePath, $"no tensor '{pair.Name}'", $"the tensor that {Path.GetFileName(FilePath)} lists there");
            tensors.TryAdd(pair.Name, tensor);
        }
    }
}
