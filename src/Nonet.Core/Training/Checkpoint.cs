using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Files;
using Nonet.Formats.Safetensors;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Training;

/// <summary>
/// A saved point of a run: a Hugging Face folder (config.json, model.safetensors, tokenizer) that anything can open as a model, with
/// optimizer.safetensors (the optimiser's state by parameter path), training.json and SHA256SUMS beside it. Holds no times: the same run writes the same bytes.
/// Of a run that trains an adapter, the model has it merged, and adapter/ has it as PEFT opens it, with the parameters that are trained whole.
/// </summary>
public sealed class Checkpoint
{
    const string OptimizerName = "optimizer.safetensors";

    /// <summary>Where the adapter is.</summary>
    public const string AdapterName = "adapter";

    readonly HuggingFaceFolder folder;

    Checkpoint(string path)
    {
        Checksums.Verify(path);
        FullPath = path;
        State = TrainingState.Read(path);
        folder = HuggingFaceFolder.Open(path);
        if (Directory.Exists(AdapterPath))
            Checksums.Verify(AdapterPath);
    }

    public string FullPath { get; }
    public TrainingState State { get; }

    /// <summary>The weights: what the model's store is filled from before <see cref="Restore"/>.</summary>
    public IWeightSource Weights => folder.Weights;

    string AdapterPath => Path.Combine(FullPath, AdapterName);

    /// <summary>What the store of a model with an adapter declared in it is filled from: the adapter from its folder, the weights that it changes from the model that the run started from, the rest from here.</summary>
    /// <param name="adapter">As it was declared when the run began.</param>
    /// <param name="start">What the run started from; null: drawn weights.</param>
    public IWeightSource WeightsWith(PeftAdapter adapter, IWeightSource? start) => new Adapted(adapter, adapter.Saved(AdapterPath, folder.Config), start, Weights);

    sealed class Adapted(PeftAdapter adapter, IWeightSource saved, IWeightSource? start, IWeightSource rest) : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device) =>
            (adapter.Owns(parameter) ? saved : adapter.Layers.Any(l => l.Weight == parameter) ? start : rest)?.Find(parameter, device);
    }

    /// <summary>Throws a <see cref="CheckpointException"/> where the weights under an adapter are not those that the checkpoint was trained on, as when the model that the run started from was replaced.</summary>
    public void CheckStart(PeftAdapter adapter)
    {
        foreach (var weight in adapter.Layers.Select(l => l.Weight))
        {
            using var scope = new TensorScope();
            var (now, saved) = (adapter.Merged(weight)!.ToDoubles(), Weights.Find(weight, weight.Value.Device)!.ToDoubles());
            var limit = 1e-4 * saved.Max(Math.Abs);
            if (now.Zip(saved).Any(p => Math.Abs(p.First - p.Second) > limit))
                throw new CheckpointException($"cannot resume from {FullPath}: {weight} of the model that the run started from has other values now; put that model back, or start a new run");
        }
    }

    /// <summary>Writes one whole, or not at all.</summary>
    /// <param name="into">The run's checkpoints.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="parameters">Its weights.</param>
    /// <param name="tokenizer">What its ids mean.</param>
    /// <param name="optimizer">Its optimiser.</param>
    /// <param name="state">Where the run stands.</param>
    /// <param name="adapter">Declared among the parameters; null: none.</param>
    /// <returns>The folder.</returns>
    public static string Save(CheckpointFolder into, ModelConfig config, ParameterStore parameters, Tokenizer tokenizer, Optimizer optimizer, TrainingState state, PeftAdapter? adapter = null) =>
        into.Save(state.Step, best: state.Best?.Step == state.Step, folder =>
        {
            HuggingFaceFolder.Save(folder, config, parameters, tokenizer, adapter: adapter);
            if (adapter is not null)
            {
                var own = Directory.CreateDirectory(Path.Combine(folder, AdapterName)).FullName;
                adapter.Save(own, config);
                Checksums.Write(own);
            }
            SaveState(Path.Combine(folder, OptimizerName), parameters, optimizer);
            state.Write(folder);
        });

    /// <summary>Opens a checkpoint after checking every byte of it. Throws a <see cref="CheckpointException"/> naming the file that is damaged.</summary>
    public static Checkpoint Open(string path)
    {
        try
        {
            return new Checkpoint(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MalformedFileException)
        {
            throw new CheckpointException($"cannot resume from {path}: {e.Message}", e);
        }
    }

    /// <summary>Gives a store that is filled for training the weights that it had; frozen ones have them still.</summary>
    public void RestoreWeights(ParameterStore parameters, PeftAdapter? adapter = null)
    {
        var weights = adapter is null ? Weights : WeightsWith(adapter, start: null);
        foreach (var p in parameters.Parameters.Where(p => !p.Frozen))
        {
            using var scope = new TensorScope();
            var saved = weights.Find(p, parameters.Device) ?? throw new CheckpointException($"{FullPath} has no values for parameter {p.Path} {p.Shape}");
            parameters.Device.Copy(saved, p.Value);
        }
    }

    /// <summary>Gives an optimiser the state and the step count that it had.</summary>
    public void Restore(ParameterStore parameters, Optimizer optimizer)
    {
        var path = Path.Combine(FullPath, OptimizerName);
        var file = SafetensorsFile.Open(path);
        using var scope = new TensorScope();
        foreach (var p in parameters.Parameters.Where(p => !p.Frozen))
        {
            foreach (var (name, values) in optimizer.StateOf(p))
            {
                var saved = file.Read($"{name}/{p.Path}", parameters.Device);
                if (saved.Shape != p.Shape)
                    throw new CheckpointException($"{path}: tensor '{name}/{p.Path}' has shape {saved.Shape}; the parameter has {p.Shape}");
                parameters.Device.Copy(saved, values);
            }
        }
        optimizer.Steps = file.Metadata.TryGetValue("steps", out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var steps) ? steps
            : throw new CheckpointException($"{path}: metadata field steps: a number was expected, found {text ?? "nothing"}");
    }

    static void SaveState(string path, ParameterStore parameters, Optimizer optimizer)
    {
        using var scope = new TensorScope();
        var writer = new SafetensorsWriter().Metadata("steps", optimizer.Steps.ToString(CultureInfo.InvariantCulture));
        foreach (var p in parameters.Parameters.Where(p => !p.Frozen))
        {
            foreach (var (name, values) in optimizer.StateOf(p))
                writer.Add($"{name}/{p.Path}", values);
        }
        writer.Save(path);
    }
}
