using System.Text.Json;
using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Formats.Safetensors;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Checkpoints.Adapters;

/// <summary>Writes adapters.</summary>
public sealed partial class PeftAdapter
{
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
}
