using Nonet.Checkpoints.Families;
using Nonet.Files;
using Nonet.Formats;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;

namespace Nonet.Checkpoints.Adapters;

/// <summary>Heads of an adapter: the model that it is for, and the parameters that it saves in full.</summary>
public sealed partial class PeftAdapter
{
    const string ModelConfigName = "config.json";

    static readonly (string Task, ModelHead Head)[] tasks =
        [("SEQ_CLS", ModelHead.SequenceClassification), ("TOKEN_CLS", ModelHead.TokenClassification), ("QUESTION_ANS", ModelHead.QuestionAnswering)];

    /// <summary>Last layer of a classifier: RoBERTa's, BERT's, a decoder's.</summary>
    static readonly string[] outputs = ["classifier/output/bias", "classifier/bias", "classifier/weight"];

    /// <summary>PEFT's task_type.</summary>
    static string TaskOf(ModelConfig config)
    {
        foreach (var (task, known) in tasks)
        {
            if (known == config.Task?.Kind)
                return task;
        }
        return config switch
        {
            T5Config or TransformerConfig => "SEQ_2_SEQ_LM",
            BertConfig or TaskDecoderConfig => "FEATURE_EXTRACTION",
            _ => "CAUSAL_LM",
        };
    }

    /// <summary>
    /// The model for an adapter on a checkpoint: the same model, a model whose token table and output have become separate, or a model with
    /// another head. The head is that of a config.json in the adapter's folder, as <see cref="Save"/> writes it. Without one, task_type
    /// names the head, and the classifier gives the number of labels.
    /// </summary>
    /// <exception cref="MalformedFileException">The config.json in the adapter's folder is of another family.</exception>
    public static ModelConfig ConfigOf(string folder, ModelConfig checkpoint)
    {
        var files = new PeftFiles(folder);
        return Apart(files, WithHead(folder, files, checkpoint));
    }

    /// <summary>An adapter of only the table or only the output changes only that, as in PEFT, unless ensure_weight_tying is set.</summary>
    static ModelConfig Apart(PeftFiles files, ModelConfig config)
    {
        if (config.Untied() is not { } untied || files.Fields.Flag("ensure_weight_tying", false))
            return config;
        var names = CheckpointFamily.Of(config).Names(config);
        return names.Tied.Count > 0 && new[] { names.Tied[0], names.Tied[^1] }.SelectMany(names.Own).Any(name => files.Changes(PeftFiles.ModuleOf(name)))
            ? untied : config;
    }

    static ModelConfig WithHead(string folder, PeftFiles files, ModelConfig model)
    {
        var own = Path.Combine(folder, ModelConfigName);
        if (File.Exists(own))
        {
            return HuggingFaceFolder.ReadConfig(own) switch
            {
                BertConfig head when model is BertConfig bert && head.Family == bert.Family =>
                    bert with { Head = head.Head, Labels = head.Labels, Problem = head.Problem, ClassifierDropout = head.ClassifierDropout },
                var head when head.Family == model.Family => head.Task is { } its ? model.WithTask(its) : model,
                _ => throw new MalformedFileException(own, "a model of another family", $"a {model.Family}, which the adapter is put on"),
            };
        }
        var task = Array.Find(tasks, t => t.Task == files.Fields.Text("task_type"));
        if (task.Task is null || task.Head == model.Task?.Kind)
            return model;
        var headed = new TaskHead { Kind = task.Head, Labels = ["LABEL_0"] };
        if (!headed.HasLabels)
            return model.WithTask(headed);
        var names = CheckpointFamily.Of(model.WithTask(headed)).Names(model.WithTask(headed));
        var output = outputs.Select(path => names.Map(path)).OfType<ForeignWeight>().Select(w => files.Find(w.Name)).FirstOrDefault(t => t is not null);
        return output is { Shape: [> 0 and <= 1 << 20 and var labels, ..] }
            ? model.WithTask(headed with { Labels = [.. Enumerable.Range(0, (int)labels).Select(i => $"LABEL_{i}")] })
            : throw new MalformedFileException(files.Store.FilePath, "no classifier", $"the output layer of {task.Task}, by which its labels are counted");
    }

    /// <summary>
    /// Weights of a model with an adapter on a checkpoint. Parameters that the adapter saves in full, and the original weights of its
    /// layers, come from its file; all others come from the checkpoint.
    /// </summary>
    internal static IWeightSource WeightsOn(string folder, ModelConfig config, ModelConfig checkpoint, CheckpointWeights weights)
    {
        var files = new PeftFiles(folder);
        var bases = new CheckpointWeights(new BaseLayers(files), CheckpointFamily.Of(checkpoint).Names(checkpoint));
        return new Stacked(new WholeWeights(files, CheckpointFamily.Of(config).Names(config)), bases, WeightsUnder(config, checkpoint, weights));
    }

    /// <summary>
    /// The checkpoint's weights of a model with an adapter's head. A matrix that is separate in the model and shared in the checkpoint is
    /// found under either name.
    /// </summary>
    internal static IWeightSource WeightsUnder(ModelConfig config, ModelConfig checkpoint, CheckpointWeights weights) =>
        (config is BertConfig own && checkpoint is BertConfig bert ? own.Head != bert.Head : config.Task?.Kind != checkpoint.Task?.Kind)
        ? weights.ForNewHead(CheckpointFamily.Of(config).Names(config)) : weights;

    sealed class Stacked(WholeWeights kept, CheckpointWeights bases, IWeightSource rest) : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device) =>
            kept.Has(parameter.Path) ? kept.Find(parameter, device) : (bases.Has(parameter) ? bases : rest).Find(parameter, device);
    }

    /// <summary>Original weights that PEFT saves for adapters of embedding or output layers, under their names in the model.</summary>
    sealed class BaseLayers(PeftFiles files) : ITensorStore
    {
        public string FilePath => files.Store.FilePath;

        public IReadOnlyDictionary<string, StoredTensor> Tensors { get; } =
            files.Store.Tensors.Where(t => t.Key.StartsWith(Prefix, StringComparison.Ordinal) && t.Key.Contains(".base_layer.", StringComparison.Ordinal))
            .ToDictionary(t => t.Key[Prefix.Length..].Replace(".base_layer.", ".", StringComparison.Ordinal), t => t.Value, StringComparer.Ordinal);
    }

    /// <summary>Parameters that an adapter's file contains in full.</summary>
    sealed class WholeWeights : IWeightSource
    {
        readonly PeftFiles files;
        readonly ForeignNames names;

        public WholeWeights(PeftFiles files, ForeignNames names) => (this.files, this.names) = (files, names);

        /// <summary>
        /// Whether modules_to_save names the parameter's module or one around it, and the file contains it. False for a layer with an
        /// adapter.
        /// </summary>
        public bool Has(string path) => NameOf(path) is not null;

        /// <summary>
        /// Name of the tensor in the file; null if modules_to_save does not name its module or the file lacks it. For a model that stays
        /// tied, it may be the name of the table or of the output.
        /// </summary>
        public string? NameOf(string path) => names.Map(path) is not { } weight ? null
            : names.Candidates(weight.Name).Where(name => files.IsKeptWhole(PeftFiles.ModuleOf(name)) && files.Find(name) is not null)
            .Select(name => Prefix + name).FirstOrDefault();

        public Tensor? Find(Parameter parameter, Device device)
        {
            Plain(names, parameter.Path);
            var (file, stored) = (files.Store, files.Store.Tensors[NameOf(parameter.Path)!]);
            var shape = Enumerable.Range(0, parameter.Shape.Rank).Select(axis => (long)parameter.Shape[axis]).ToArray();
            if (!stored.Shape.SequenceEqual(shape))
                throw new MalformedFileException(file.FilePath, $"{stored}", $"[{string.Join(", ", shape)}] for parameter {parameter}");
            if (stored.DType?.IsFloat() != true)
                throw new MalformedFileException(file.FilePath, $"tensor '{stored.Name}' of {stored.Type}", "F32, BF16, F16 or F64");
            return CheckpointWeights.Computable(stored.Read(0, parameter.Shape, device));
        }

        /// <summary>Name in the checkpoint of a parameter that is stored there unchanged.</summary>
        public static string Plain(ForeignNames names, string path) =>
            names.Map(path) is { Transposed: false, Total: 0, Deinterleave: 0, Interleave: 0, Row: false, IsAltered: false } weight ? weight.Name
                : throw new NotSupportedException(
                    $"parameter {path} cannot be saved in full with an adapter: checkpoints store it packed, transposed or scaled");
    }
}
