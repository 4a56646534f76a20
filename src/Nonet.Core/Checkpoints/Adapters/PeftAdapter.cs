using System.Text.Json;
using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Formats.Safetensors;
using Nonet.Models;
using Nonet.Models.Encoders;
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
    /// Writes the adapter in PEFT's format. Layers that the checkpoint family packs into one are written as one, whose rank is the sum of
    /// theirs.
    /// </summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="baseModel">Base model, by which PEFT finds it: a folder or a name on the hub.</param>
    public void Save(string folder, ModelConfig config, string baseModel = "")
    {
        var names = CheckpointFamily.Of(config).Names(config);
        var writer = new SafetensorsWriter();
        var modules = new List<(string Name, int Rank, double Alpha)>();
        using var scope = new TensorScope();
        foreach (var (layer, table) in layers.Where(l => l.Layer is Embedding))
        {
            var module = ModuleOf(Place(layer, names));
            var (nameA, nameB) = NamesOf(layer, module);
            writer.Add(nameA, Ops.Transpose(table.B.Value, 0, 1)).Add(nameB, Ops.Transpose(table.A.Value, 0, 1));
            modules.Add((module, table.A.Shape[0], table.Scale * table.A.Shape[0]));
        }
        foreach (var group in layers.Where(l => l.Layer is not Embedding).Select(l => (l.Adapter, Weight: Place(l.Layer, names), Rows: l.Layer.Weight.Shape[0]))
            .GroupBy(l => l.Weight.Name))
        {
            var parts = group.OrderBy(l => l.Weight.Start).ToArray();
            var module = ModuleOf(parts[0].Weight);
            var (rank, inputs) = (parts.Sum(l => l.Adapter.A.Shape[0]), parts[0].Adapter.A.Shape[1]);
            var total = parts[0].Weight.Total == 0 ? parts[0].Rows : parts[0].Weight.Total;
            var device = Parameters.Device;
            var a = Ops.Concat(0, [.. parts.Select(l => l.Adapter.A.Value)]);
            var b = device.Host.Full(new Shape(total, rank), DType.F32, 0);
            var column = 0;
            foreach (var part in parts) // rows of its own, columns of its own; scaled alike
            {
                var ratio = part.Adapter.Scale / parts[0].Adapter.Scale;
                var own = part.Adapter.B.Value.Download();
                for (var row = 0; row < part.Rows; row++)
                {
                    for (var i = 0; i < own.Shape[1]; i++)
                        b.SetValue((long)TheirRow(row, part.Weight) * rank + column + i, own.Value((long)row * own.Shape[1] + i) * ratio);
                }
                column += own.Shape[1];
            }
            writer.Add($"{Prefix}{module}.lora_A.weight", a).Add($"{Prefix}{module}.lora_B.weight", b);
            modules.Add((module, rank, parts[0].Adapter.Scale * PeftFiles.Divisor(rank, IsRankStabilized)));
            if (!HasMagnitudes)
                continue;
            if (parts.Sum(part => part.Rows) != total)
                throw new NotSupportedException(
                    $"{module} packs several layers, of which only some have an adapter: magnitudes (DoRA) need adapters on all of them");
            var magnitude = device.Host.Full(new Shape(total), DType.F32, 0);
            foreach (var part in parts)
            {
                var own = part.Adapter.Magnitude!.Value.Download();
                for (var row = 0; row < part.Rows; row++)
                    magnitude.SetValue(TheirRow(row, part.Weight), own.Value(row));
            }
            writer.Add(MagnitudeOf(module), magnitude);
        }
        foreach (var p in Whole)
            writer.Add(Prefix + WholeWeights.Plain(names, p.Path), p.Value);
        writer.Save(Path.Combine(folder, WeightsName));
        string[] saved = [.. Whole.Select(p => WholeWeights.Plain(names, p.Path)).Select(PeftFiles.ModuleOf).Distinct()];
        if (config is BertConfig || config.Task is not null)
            AtomicFile.WriteText(Path.Combine(folder, ModelConfigName), HuggingFaceFolder.ToJson(config).ToString());
        AtomicFile.Write(Path.Combine(folder, ConfigName), stream => WriteConfig(stream, modules, saved, baseModel, config));
    }

    /// <summary>Row of a packed tensor for a row of the parameter.</summary>
    static int TheirRow(int row, ForeignWeight weight) =>
        weight.Start + (weight.Deinterleave == 0 ? row : CheckpointWeights.HalfSplitRow(row, weight.Deinterleave));

    void WriteConfig(Stream stream, List<(string Name, int Rank, double Alpha)> modules, string[] saved, string baseModel, ModelConfig config)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        var (rank, alpha) = (modules[0].Rank, modules[0].Alpha);
        json.WriteStartObject();
        json.WriteString("peft_type", "LORA");
        json.WriteString("task_type", TaskOf(config));
        json.WriteString("base_model_name_or_path", baseModel);
        json.WriteNumber("r", rank);
        json.WriteReal("lora_alpha", alpha);
        json.WriteReal("lora_dropout", Math.Round(Dropout, 6));
        json.WriteString("bias", "none");
        json.WriteBoolean("fan_in_fan_out", config.Family == "gpt2");
        json.WriteBoolean("use_rslora", IsRankStabilized);
        json.WriteBoolean("use_dora", HasMagnitudes);
        json.WriteBoolean("inference_mode", true);
        json.WriteStartArray("target_modules");
        foreach (var (name, _, _) in modules)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteStartArray("modules_to_save");
        foreach (var name in saved)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteStartObject("rank_pattern");
        foreach (var (name, own, _) in modules.Where(m => m.Rank != rank))
            json.WriteNumber(name, own);
        json.WriteEndObject();
        json.WriteStartObject("alpha_pattern");
        foreach (var (name, _, own) in modules.Where(m => m.Alpha != alpha))
            json.WriteReal(name, own);
        json.WriteEndObject();
        json.WriteEndObject();
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

    static Tensor Widened(Tensor x)
    {
        var y = x.Device.Empty(x.Shape, x.Device.Float);
        x.Device.Copy(x, y);
        return y;
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

    /// <summary>Place of a layer's weight in a checkpoint. A tied output layer has the name that it would have if it were separate.</summary>
    static ForeignWeight? PlaceOf(IAdaptable layer, ForeignNames names) => names.Map(layer is TiedProjection ? "output/weight" : layer.Weight.Path);

    static ForeignWeight Place(IAdaptable layer, ForeignNames names) =>
        PlaceOf(layer, names)
        ?? throw new NotSupportedException(
        $"an adapter on {layer.Weight} {(layer is TiedProjection ? "as the output layer " : "")}has no name in a checkpoint of this family");

    /// <summary>lm_head for lm_head.weight.</summary>
    static string ModuleOf(ForeignWeight weight) => weight.Name[..^".weight".Length];

    /// <summary>PEFT's names of the two matrices of a module.</summary>
    static (string A, string B) NamesOf(IAdaptable layer, string module) => layer is Embedding
        ? ($"{Prefix}{module}.lora_embedding_A", $"{Prefix}{module}.lora_embedding_B")
        : ($"{Prefix}{module}.lora_A.weight", $"{Prefix}{module}.lora_B.weight");

    /// <summary>Adds the places of a layer's adapter in the file. For a table, PEFT's A is B here and vice versa, both transposed.</summary>
    static void AddStored(Dictionary<string, Stored> found, IAdaptable layer, LowRankAdapter adapter, StoredTensor a, StoredTensor b, ForeignWeight weight)
    {
        var isTable = layer is Embedding;
        found.Add(adapter.A.Path, new Stored(isTable ? b : a, 0, isTable));
        found.Add(adapter.B.Path, new Stored(isTable ? a : b, isTable ? 0 : (long)weight.Start * adapter.B.Shape[1], isTable, weight.Deinterleave));
    }

    /// <summary>PEFT's name of the magnitudes of a module.</summary>
    static string MagnitudeOf(string module) => $"{Prefix}{module}.lora_magnitude_vector";

    /// <summary>Adds the place of a layer's magnitudes in the file, and returns their name.</summary>
    static string AddMagnitude(Dictionary<string, Stored> found, LowRankAdapter adapter, ITensorStore file, string module, long outputs, ForeignWeight weight)
    {
        var name = new[] { MagnitudeOf(module), MagnitudeOf(module) + ".weight" }.FirstOrDefault(file.Tensors.ContainsKey)
            ?? throw new MalformedFileException(file.FilePath, $"no tensor '{MagnitudeOf(module)}'", "the magnitudes of an adapter with use_dora");
        if (!file.Tensors[name].Shape.SequenceEqual([outputs]))
            throw new MalformedFileException(file.FilePath, $"{file.Tensors[name]}", $"[{outputs}]");
        found.Add(adapter.Magnitude!.Path, new Stored(file.Tensors[name], weight.Start, false, weight.Deinterleave));
        return name;
    }

    /// <summary>
    /// Values of A, B and the parameters that are saved in full, as <see cref="Save"/> wrote them, to fill this adapter again. It has no
    /// values of other parameters.
    /// </summary>
    /// <exception cref="MalformedFileException">The file lacks one of them or has it in another shape.</exception>
    public IWeightSource Saved(string folder, ModelConfig config)
    {
        var files = new PeftFiles(folder);
        var file = files.Store;
        var names = CheckpointFamily.Of(config).Names(config);
        var found = new Dictionary<string, Stored>(StringComparer.Ordinal);
        foreach (var (layer, adapter) in layers)
        {
            var weight = Place(layer, names);
            var (nameA, nameB) = NamesOf(layer, ModuleOf(weight));
            var (a, b) = layer is Embedding ? (adapter.B, adapter.A) : (adapter.A, adapter.B);
            AddStored(found, layer, adapter, Of(nameA, a, layer is Embedding), Of(nameB, b, layer is Embedding), weight);
            if (adapter.Magnitude is { } magnitude)
                AddMagnitude(found, adapter, file, ModuleOf(weight), weight.Total == 0 ? magnitude.Shape[0] : weight.Total, weight);
        }
        return new Source(found, new WholeWeights(files, names));

        StoredTensor Of(string name, Parameter parameter, bool transposed)
        {
            long[] shape = transposed ? [parameter.Shape[1], parameter.Shape[0]] : [parameter.Shape[0], parameter.Shape[1]];
            return file.Tensors.TryGetValue(name, out var stored) && stored.Shape.SequenceEqual(shape) ? stored
                : throw new MalformedFileException(file.FilePath, stored is null ? $"no tensor '{name}'" : $"{stored}",
                    $"[{string.Join(", ", shape)}] for {parameter}");
        }
    }

    /// <summary>Place of a matrix of an adapter: from an element of a tensor on, possibly transposed.</summary>
    /// <param name="Tensor">The tensor.</param>
    /// <param name="Start">First element.</param>
    /// <param name="IsTransposed">Whether the matrix is stored transposed.</param>
    /// <param name="Deinterleave">Width of a head whose rows are (pair, 2) in the model and (2, pair) in the file; 0: the same order.</param>
    sealed record Stored(StoredTensor Tensor, long Start, bool IsTransposed, int Deinterleave = 0);

    sealed class Source(Dictionary<string, Stored> found, WholeWeights? kept) : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device)
        {
            if (!found.TryGetValue(parameter.Path, out var stored))
                return kept?.Has(parameter.Path) == true ? kept.Find(parameter, device) : null;
            var (tensor, start, isTransposed, deinterleave) = stored;
            if (tensor.DType?.IsFloat() != true)
                throw new MalformedFileException(tensor.FilePath, $"tensor '{tensor.Name}' of {tensor.Type}", "F32, BF16, F16 or F64");
            if (isTransposed)
                return Ops.Transpose(Widened(tensor.Read(start, new Shape(parameter.Shape[1], parameter.Shape[0]), device)), 0, 1);
            return deinterleave == 0 ? tensor.Read(start, parameter.Shape, device)
                : device.Upload(CheckpointWeights.Interleaved(tensor.Read(start, parameter.Shape, device.Host), deinterleave));
        }
    }
}
