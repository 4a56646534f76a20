using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Checkpoints.Adapters;

/// <summary>
/// A LoRA adapter in PEFT's format: adapter_config.json and adapter_model.safetensors. Hu et al. 2021, section 4.1. It changes the results
/// of linear layers, and can be merged into their weights and unmerged again. Other parameters, such as a new head, may be saved in full
/// with it.
/// </summary>
public sealed partial class PeftAdapter : IDisposable
{
    const string ConfigName = PeftFiles.ConfigName, WeightsName = PeftFiles.WeightsName, Prefix = PeftFiles.Prefix;

    readonly List<(IAdaptable Layer, LowRankAdapter Adapter)> layers = [];
    readonly bool declared;

    /// <param name="parameters">Store of A and B.</param>
    /// <param name="declared">Whether this is the model's own store.</param>
    PeftAdapter(ParameterStore parameters, bool declared = false) => (Parameters, this.declared) = (parameters, declared);

    /// <summary>Parameters of the model that are trained and saved in full: modules_to_save of PEFT.</summary>
    public IReadOnlyList<Parameter> Whole { get; private set; } = [];

    /// <summary>
    /// Store of A and B of every layer, by the path of its weight. It is the model's own store if the adapter was
    /// <see cref="Attach">attached</see> before the model was filled.
    /// </summary>
    public ParameterStore Parameters { get; }

    /// <summary>Whether α is divided by √r instead of r: Kalajdzievski 2023, "rsLoRA".</summary>
    public bool IsRankStabilized { get; private init; }

    /// <summary>Dropout of the adapters' inputs in training: see <see cref="UseDropout"/>.</summary>
    public float Dropout { get; private init; }

    /// <summary>Whether the adapters have magnitudes: Liu et al. 2024, "DoRA".</summary>
    public bool HasMagnitudes => layers.Exists(l => l.Adapter.Magnitude is not null);

    /// <summary>Layers with an adapter.</summary>
    public IEnumerable<IAdaptable> Layers => layers.Select(l => l.Layer);

    /// <summary>Base model, as checkpoints record it; null: unknown.</summary>
    public BaseModel? Base { get; set; }

    /// <summary>Whether the adapter is merged into the weights now.</summary>
    public bool IsMerged { get; private set; }

    /// <summary>Whether a folder contains an adapter.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, ConfigName));

    /// <summary>Opens an adapter and attaches it to a model. Parameters that it saves in full replace those of the model.</summary>
    /// <exception cref="MalformedFileException">
    /// The adapter is damaged, uses an unsupported feature, or does not fit the model. The message names file and field.
    /// </exception>
    public static PeftAdapter Load(string folder, ILanguageModel model, ModelConfig config)
    {
        var files = new PeftFiles(folder);
        var fields = files.Fields;
        if ((fields.Text("peft_type") ?? "LORA") != "LORA")
            throw fields.Wrong("peft_type", "LORA");
        var magnitudes = fields.Flag("use_dora", false);
        fields.Only("lora_bias", false);
        if ((fields.Text("bias") ?? "none") != "none")
            throw fields.Wrong("bias", "none");
        var file = files.Store;
        var names = CheckpointFamily.Of(config).Names(config);
        var adapter = new PeftAdapter(new ParameterStore(model.Parameters.Device))
        {
            IsRankStabilized = files.IsRankStabilized,
            Dropout = (float)fields.Number("lora_dropout", 0, 0, 1)
        };
        var kept = new WholeWeights(files, names);
        var found = new Dictionary<string, Stored>(StringComparer.Ordinal);
        var used = new HashSet<string>(StringComparer.Ordinal);
        adapter.Whole = [.. model.Parameters.Parameters.Where(p => kept.Has(p.Path))];
        foreach (var p in adapter.Whole)
        {
            using var scope = new TensorScope();
            p.Replace(kept.Find(p, model.Parameters.Device)!);
            used.UnionWith(names.Candidates(names.Map(p.Path)!.Value.Name).Select(name => Prefix + name));
        }
        foreach (var layer in model.Parameters.Parameters.SelectMany(AdaptableBy).Select(l => l.Layer))
        {
            if (PlaceOf(layer, names) is not { } weight)
                continue;
            used.UnionWith(names.Candidates(weight.Name).Select(name => Prefix + PeftFiles.BaseOf(name))); // filled from there: WeightsOn
            var module = ModuleOf(weight);
            var (nameA, nameB) = NamesOf(layer, module);
            if (!file.Tensors.TryGetValue(nameA, out var a) || !file.Tensors.TryGetValue(nameB, out var b))
                continue;
            var (outputs, inputs) = (weight.Total == 0 ? layer.Weight.Shape[0] : weight.Total, layer.Weight.Shape[1]);
            if (layer is Embedding)
                (outputs, inputs) = (inputs, outputs); // PEFT looks A up and multiplies by B
            var rank = a.Shape.Count == 2 ? a.Shape[0] : 0;
            if (rank is < 1 or > 1 << 16 || a.Shape[1] != inputs || !b.Shape.SequenceEqual([outputs, rank]))
                throw new MalformedFileException(file.FilePath, $"{a} and {b}", $"(r, {inputs}) and ({outputs}, r) for {layer.Weight}");
            if (magnitudes && layer is Embedding)
                throw fields.Wrong("use_dora", "false for an adapter of a table");
            var own = adapter.Put(layer, (int)rank, (float)files.Scale(module, rank), magnitudes);
            AddStored(found, layer, own, a, b, weight);
            used.UnionWith([a.Name, b.Name]);
            if (own.Magnitude is not null)
                used.Add(AddMagnitude(found, own, file, module, outputs, weight));
        }
        if (file.Tensors.Keys.FirstOrDefault(name => !used.Contains(name)) is { } unknown)
        {
            throw new MalformedFileException(file.FilePath,
                $"tensor '{unknown}'{(unknown.Contains(".experts.", StringComparison.Ordinal) ? ", of an expert, for which adapters are not supported" : "")}",
                $"adapters of linear layers and tables of a {config.Family}, and the modules in modules_to_save");
        }
        if (adapter.layers.Count == 0 && adapter.Whole.Count == 0)
            throw new MalformedFileException(file.FilePath, "no tensor", "lora_A and lora_B of some layers");
        adapter.Parameters.FillForTraining(0, new Source(found, null));
        return adapter;
    }

    /// <summary>
    /// Adds the change to the weights: W + scale · B A. The adapter then takes no time. Weights in a mapped file become copies of the same
    /// type. If a weight is quantised, it throws and changes nothing.
    /// </summary>
    public void Merge() => Change(1, merged: true);

    /// <summary>Removes the change from the weights. They return to their original values up to rounding.</summary>
    public void Unmerge() => Change(-1, merged: false);

    void Change(float sign, bool merged)
    {
        if (IsMerged == merged)
            throw new InvalidOperationException(merged ? "the adapter is merged already" : "the adapter is not merged");
        RequireMergeable();
        if (!merged && HasMagnitudes)
            throw new NotSupportedException(
                "an adapter with magnitudes (DoRA) is not unmerged: the lengths of the original rows are lost; load the model again");
        if (layers.Find(l => l.Layer.Weight.Value.DType.IsQuantized()).Layer is { } quantised)
        {
            throw new NotSupportedException(
                $"adapters are not merged into quantised weights in memory: {quantised.Weight} is {quantised.Weight.Value.DType}; leave the adapter on the "
                + "layers, or write a merged model: nonet merge MODEL ADAPTER OUT");
        }
        foreach (var (layer, adapter) in layers)
        {
            using var scope = new TensorScope();
            layer.Weight.Replace(adapter.Change(sign));
            layer.Adapter = merged ? null : adapter;
        }
        IsMerged = merged;
    }

    /// <summary>Throws if the adapter changes only one of the two uses of a tied table.</summary>
    void RequireMergeable()
    {
        if (layers.Find(l => l.Layer is TiedProjection or Embedding { Projects: true }).Layer is { } tied)
        {
            throw new NotSupportedException(
                $"adapters are not merged into a tied table: {tied.Weight} is used for both embeddings and logits, and the adapter changes only one of them; "
                + "leave the adapter on the model");
        }
    }

    /// <summary>Detaches the adapters from the layers. Merged changes remain, and so do parameters that are saved in full.</summary>
    public void Dispose()
    {
        foreach (var (layer, adapter) in layers)
        {
            if (layer.Adapter == adapter)
                layer.Adapter = null;
        }
        if (!declared)
            Parameters.Dispose();
    }

    LowRankAdapter Put(IAdaptable layer, int rank, float scale, bool hasMagnitude = false)
    {
        var path = Parameters.Root / layer.Weight.Path;
        var adapter = new LowRankAdapter(layer is TiedProjection ? path / "projection" : path, layer.Weight, rank, scale, hasMagnitude);
        layer.Adapter = adapter;
        layers.Add((layer, adapter));
        return adapter;
    }
}
