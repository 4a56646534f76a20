using System.Text.Json;
using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Formats.Safetensors;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;

namespace Nonet.Checkpoints.Adapters;

/// <summary>Heads that an adapter brings along: which model it is for, and the parameters that it keeps whole.</summary>
public sealed partial class PeftAdapter
{
    const string ModelConfigName = "config.json";

    static readonly (string Task, BertHead Head)[] tasks =
        [("SEQ_CLS", BertHead.SequenceClassification), ("TOKEN_CLS", BertHead.TokenClassification), ("QUESTION_ANS", BertHead.QuestionAnswering)];

    /// <summary>A classifier's last layer: RoBERTa's, BERT's.</summary>
    static readonly string[] outputs = ["classifier/output/bias", "classifier/bias"];

    /// <summary>PEFT's task_type.</summary>
    static string TaskOf(BertHead head)
    {
        foreach (var (task, known) in tasks)
        {
            if (known == head)
                return task;
        }
        return "FEATURE_EXTRACTION";
    }

    /// <summary>
    /// The model that an adapter is for, given the checkpoint that it stands on: the same, or a BERT with another head. The head is that of a config.json beside the adapter, as
    /// <see cref="Save"/> writes it; without one, that of task_type, its labels counted by the classifier.
    /// </summary>
    /// <exception cref="MalformedFileException">A config.json beside the adapter is of another family.</exception>
    public static ModelConfig ConfigOf(string folder, ModelConfig checkpoint)
    {
        if (checkpoint is not BertConfig bert)
            return checkpoint;
        var own = Path.Combine(folder, ModelConfigName);
        if (File.Exists(own))
        {
            return HuggingFaceFolder.ReadConfig(own) is BertConfig head && head.Family == bert.Family
                ? bert with { Head = head.Head, Labels = head.Labels, Problem = head.Problem, ClassifierDropout = head.ClassifierDropout }
                : throw new MalformedFileException(own, "a model of another family", $"a {bert.Family}, which the adapter is put on");
        }
        var fields = JsonFields.Read(Path.Combine(folder, ConfigName));
        var task = Array.Find(tasks, t => t.Task == fields.Text("task_type"));
        if (task.Task is null || task.Head == bert.Head)
            return bert;
        var headed = bert with { Head = task.Head, Labels = ["LABEL_0"] };
        if (!headed.HasLabels)
            return headed;
        var names = CheckpointFamily.Of(headed).Names(headed);
        var file = SafetensorsFile.Open(Path.Combine(folder, WeightsName));
        var output = outputs.Select(path => names.Map(path)).OfType<ForeignWeight>()
            .Select(w => file.Tensors.GetValueOrDefault(Prefix + w.Name)).FirstOrDefault(t => t is not null);
        return output is { Shape: [> 0 and <= 1 << 20 and var labels] } ? headed with { Labels = [.. Enumerable.Range(0, (int)labels).Select(i => $"LABEL_{i}")] }
            : throw new MalformedFileException(file.FilePath, "no classifier's bias", $"the output layer of {task.Task}, by which its labels are counted");
    }

    /// <summary>The values of a model with an adapter's head on a checkpoint: the head from the adapter, the rest from the checkpoint.</summary>
    internal static IWeightSource WeightsOn(string folder, ModelConfig config, ModelConfig checkpoint, CheckpointWeights weights)
    {
        var names = CheckpointFamily.Of(config).Names(config);
        var kept = new WholeWeights(SafetensorsFile.Open(Path.Combine(folder, WeightsName)), JsonFields.Read(Path.Combine(folder, ConfigName)), names);
        return new Stacked(kept, WeightsUnder(config, checkpoint, weights));
    }

    /// <summary>What a checkpoint has of a model with an adapter's head.</summary>
    internal static IWeightSource WeightsUnder(ModelConfig config, ModelConfig checkpoint, CheckpointWeights weights) =>
        config.Equals(checkpoint) ? weights : weights.ForNewHead(CheckpointFamily.Of(config).Names(config));

    sealed class Stacked(WholeWeights kept, IWeightSource rest) : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device) => kept.Has(parameter.Path) ? kept.Find(parameter, device) : rest.Find(parameter, device);
    }

    /// <summary>Parameters that an adapter's file keeps whole.</summary>
    sealed class WholeWeights : IWeightSource
    {
        readonly SafetensorsFile file;
        readonly ForeignNames names;
        readonly string[] modules;

        public WholeWeights(SafetensorsFile file, JsonFields fields, ForeignNames names)
        {
            (this.file, this.names) = (file, names);
            modules = [.. fields.Array("modules_to_save").Select(e => e.ValueKind == JsonValueKind.String ? e.GetString()! : throw fields.Wrong("modules_to_save", "an array of names"))];
        }

        /// <summary>Whether modules_to_save names the parameter's module, or one that it is in, and the file has it. A layer with an adapter is none.</summary>
        public bool Has(string path) => NameOf(path) is { } name && file.Tensors.ContainsKey(name);

        /// <summary>The tensor's name in the file, there or not; null where modules_to_save does not name its module.</summary>
        public string? NameOf(string path)
        {
            if (names.Map(path) is not { } weight)
                return null;
            var dotted = "." + ModuleOf(weight.Name) + ".";
            return modules.Any(m => dotted.Contains($".{m}.", StringComparison.Ordinal)) ? Prefix + weight.Name : null;
        }

        public Tensor? Find(Parameter parameter, Device device)
        {
            var name = Prefix + Plain(names, parameter.Path);
            var stored = file.Tensors[name];
            var shape = Enumerable.Range(0, parameter.Shape.Rank).Select(axis => (long)parameter.Shape[axis]).ToArray();
            if (!stored.Shape.SequenceEqual(shape))
                throw new MalformedFileException(file.FilePath, $"{stored}", $"[{string.Join(", ", shape)}] for parameter {parameter}");
            if (stored.DType?.IsFloat() != true)
                throw new MalformedFileException(file.FilePath, $"tensor '{stored.Name}' of {stored.Type}", "F32, BF16, F16 or F64");
            return stored.Read(0, parameter.Shape, device);
        }

        /// <summary>Their name of a parameter that lies there as it does here.</summary>
        public static string Plain(ForeignNames names, string path) =>
            names.Map(path) is { Transposed: false, Total: 0, Deinterleave: 0, Interleave: 0, Row: false, IsAltered: false } weight ? weight.Name
                : throw new NotSupportedException($"parameter {path} is not kept whole beside an adapter: checkpoints have it packed, transposed or scaled");

        /// <summary>classifier of classifier.weight.</summary>
        public static string ModuleOf(string name) => name[..Math.Max(0, name.LastIndexOf('.'))];
    }
}
