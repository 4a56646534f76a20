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
/// A run that trains an adapter saves no model: adapter/ holds the adapter as PEFT opens it, with the parameters that are trained whole, and base.json names the model that it
/// stands on.
/// </summary>
public sealed class Checkpoint
{
    const string OptimizerName = "optimizer.safetensors";

    readonly HuggingFaceFolder? folder;

    Checkpoint(string path)
    {
        Checksums.Verify(path);
        FullPath = path;
        State = TrainingState.Read(path);
        if (BaseModel.IsIn(path))
        {
            Base = BaseModel.Read(path);
            Checksums.Verify(AdapterPath);
        }
        else
            folder = HuggingFaceFolder.Open(path);
    }

    public string FullPath { get; }
    public TrainingState State { get; }

    /// <summary>The model that the run's adapter stands on; null if the run trains the model itself.</summary>
    public BaseModel? Base { get; }

    /// <summary>The weights: what the model's store is filled from before <see cref="Restore"/>.</summary>
    /// <exception cref="CheckpointException">It holds an adapter, and not a model.</exception>
    public IWeightSource Weights => folder?.Weights ?? throw new CheckpointException($"{FullPath} holds an adapter on {Base!.Name}, and no model");

    string AdapterPath => BaseModel.AdapterIn(FullPath);

    /// <summary>What the store of a model with an adapter attached is filled from: the adapter and what is trained whole from here, the rest from the model that the run started from.</summary>
    /// <param name="adapter">As it was attached when the run began.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="start">The weights of the model that the run started from.</param>
    /// <exception cref="CheckpointException">The adapter was trained on another model.</exception>
    public IWeightSource WeightsWith(PeftAdapter adapter, ModelConfig config, IWeightSource start)
    {
        if (Base is not { } trained || adapter.Base is not { } now)
            throw new CheckpointException($"cannot resume from {FullPath}: it holds {(Base is null ? "a model" : "an adapter")}, and the run trains {(adapter.Base is null ? "a model" : "an adapter")}");
        if (trained.Fingerprint != now.Fingerprint)
        {
            throw new CheckpointException($"cannot resume from {FullPath}: its adapter was trained on {trained.Name} with fingerprint {trained.Fingerprint}; "
                + $"{now.Name} has fingerprint {now.Fingerprint}: put that model back, or start a new run");
        }
        return new Adapted(adapter.Saved(AdapterPath, config), start);
    }

    sealed class Adapted(IWeightSource saved, IWeightSource start) : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device) => saved.Find(parameter, device) ?? start.Find(parameter, device);
    }

    /// <summary>Writes one whole, or not at all.</summary>
    /// <param name="into">The run's checkpoints.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="parameters">Its weights.</param>
    /// <param name="tokenizer">What its ids mean.</param>
    /// <param name="optimizer">Its optimiser.</param>
    /// <param name="state">Where the run stands.</param>
    /// <param name="adapter">Attached to the model before it was filled; null: none.</param>
    /// <returns>The folder.</returns>
    public static string Save(CheckpointFolder into, ModelConfig config, ParameterStore parameters, Tokenizer tokenizer, Optimizer optimizer, TrainingState state, PeftAdapter? adapter = null) =>
        into.Save(state.Step, best: state.Best?.Step == state.Step, folder =>
        {
            if (adapter is null)
                HuggingFaceFolder.Save(folder, config, parameters, tokenizer);
            else
            {
                var start = adapter.Base ?? throw new ArgumentException("the adapter does not say which model it stands on: set its Base", nameof(adapter));
                var own = Directory.CreateDirectory(BaseModel.AdapterIn(folder)).FullName;
                adapter.Save(own, config, start.Name);
                Checksums.Write(own);
                start.Write(folder);
                tokenizer.Save(folder);
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
    /// <param name="parameters">The store.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="adapter">Attached to the model; null: none.</param>
    public void RestoreWeights(ParameterStore parameters, ModelConfig config, PeftAdapter? adapter = null)
    {
        var weights = adapter?.Saved(AdapterPath, config) ?? Weights;
        foreach (var p in parameters.Trainable)
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
        foreach (var p in parameters.Trainable)
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
        foreach (var p in parameters.Trainable)
        {
            foreach (var (name, values) in optimizer.StateOf(p))
                writer.Add($"{name}/{p.Path}", values);
        }
        writer.Save(path);
    }
}
