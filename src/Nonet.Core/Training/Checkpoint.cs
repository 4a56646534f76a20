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
/// A saved state of a run: a Hugging Face folder (config.json, model.safetensors, tokenizer), which any program can open as a model, with
/// optimizer.safetensors (optimiser state by parameter path), training.json and SHA256SUMS. It contains no times: the same run writes the
/// same bytes. A run that trains an adapter saves no model: adapter/ holds the adapter in PEFT's format, with the parameters that are
/// trained in full, and base.json names its base model.
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

    /// <summary>Absolute path of the checkpoint's folder.</summary>
    public string FullPath { get; }

    /// <summary>State of the run at the checkpoint.</summary>
    public TrainingState State { get; }

    /// <summary>Base model of the run's adapter; null if the run trains the model itself.</summary>
    public BaseModel? Base { get; }

    /// <summary>The weights. Fill the model's store from them before <see cref="Restore"/>.</summary>
    /// <exception cref="CheckpointException">The checkpoint holds an adapter and no model.</exception>
    public IWeightSource Weights => folder?.Weights ?? throw new CheckpointException($"{FullPath} holds an adapter on {Base!.Name}, and no model");

    string AdapterPath => BaseModel.AdapterIn(FullPath);

    /// <summary>
    /// Weights for a model with an adapter. The adapter and the parameters that are trained in full come from this checkpoint, the others
    /// from the model that the run started from.
    /// </summary>
    /// <param name="adapter">The adapter, attached as at the start of the run.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="start">Weights of the model that the run started from.</param>
    /// <exception cref="CheckpointException">The adapter was trained on another model.</exception>
    public IWeightSource WeightsWith(PeftAdapter adapter, ModelConfig config, IWeightSource start)
    {
        if (Base is not { } trained || adapter.Base is not { } now)
            throw new CheckpointException(
                $"cannot resume from {FullPath}: it holds {(Base is null ? "a model" : "an adapter")}, and the run trains "
                + $"{(adapter.Base is null ? "a model" : "an adapter")}");
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

    /// <summary>Writes a checkpoint completely or not at all.</summary>
    /// <param name="into">Folder of the run's checkpoints.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="parameters">Weights of the model.</param>
    /// <param name="tokenizer">Tokenizer of the model.</param>
    /// <param name="optimizer">Optimiser of the run.</param>
    /// <param name="state">State of the run.</param>
    /// <param name="adapter">Adapter that was attached to the model before it was filled; null: none.</param>
    /// <param name="settings">
    /// End tokens, generation settings and chat templates; null: those that follow from the tokenizer's end token, or those of the adapter's base model.
    /// </param>
    /// <param name="more">Writes more into the checkpoint's folder; null: nothing.</param>
    /// <returns>Path of the checkpoint.</returns>
    public static string Save(CheckpointFolder into, ModelConfig config, ParameterStore parameters, Tokenizer tokenizer, Optimizer optimizer,
        TrainingState state, PeftAdapter? adapter = null,
        ModelSettings? settings = null, Action<string>? more = null) =>
        into.Save(state.Step, best: state.Best?.Step == state.Step, folder =>
        {
            if (adapter is null)
                HuggingFaceFolder.Save(folder, config, parameters, tokenizer, settings: settings);
            else
            {
                var start = adapter.Base ?? throw new ArgumentException("the adapter does not name its base model: set its Base", nameof(adapter));
                var own = Directory.CreateDirectory(BaseModel.AdapterIn(folder)).FullName;
                adapter.Save(own, config, start.Name);
                Checksums.Write(own);
                start.Write(folder);
                tokenizer.Save(folder);
                settings?.Write(folder, hasConfig: false);
            }
            SaveOptimizer(folder, parameters, optimizer);
            state.Write(folder);
            more?.Invoke(folder);
        });

    /// <summary>Opens a checkpoint after checking all its bytes. Throws a <see cref="CheckpointException"/> that names a damaged file.</summary>
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

    /// <summary>Restores the trained weights of a store that was filled for training. Frozen weights are not changed.</summary>
    /// <param name="parameters">The store.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="adapter">Adapter that is attached to the model; null: none.</param>
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

    /// <summary>Restores the state and the step count of an optimiser.</summary>
    public void Restore(ParameterStore parameters, Optimizer optimizer) => RestoreOptimizer(FullPath, parameters, optimizer);

    /// <summary>Restores an optimiser from a folder that <see cref="SaveOptimizer"/> wrote to.</summary>
    public static void RestoreOptimizer(string folder, ParameterStore parameters, Optimizer optimizer)
    {
        var path = Path.Combine(folder, OptimizerName);
        var file = SafetensorsFile.Open(path);
        using var scope = new TensorScope();
        foreach (var p in parameters.Trainable)
        {
            foreach (var (name, values) in optimizer.StateOf(p))
            {
                var saved = file.Read($"{name}/{p.Path}", parameters.Device);
                if (saved.Shape != values.Shape)
                    throw new CheckpointException($"{path}: tensor '{name}/{p.Path}' has shape {saved.Shape}; the optimiser of {p} has {values.Shape}");
                parameters.Device.Copy(saved, values);
            }
        }
        optimizer.Steps = file.Metadata.TryGetValue("steps", out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var steps) ? steps
            : throw new CheckpointException($"{path}: metadata field steps: a number was expected, found {text ?? "nothing"}");
    }

    /// <summary>Writes the state and the step count of an optimiser into a folder.</summary>
    public static void SaveOptimizer(string folder, ParameterStore parameters, Optimizer optimizer)
    {
        using var scope = new TensorScope();
        var writer = new SafetensorsWriter().Metadata("steps", optimizer.Steps.ToString(CultureInfo.InvariantCulture));
        foreach (var p in parameters.Trainable)
        {
            foreach (var (name, values) in optimizer.StateOf(p))
                writer.Add($"{name}/{p.Path}", values);
        }
        writer.Save(Path.Combine(folder, OptimizerName));
    }
}
