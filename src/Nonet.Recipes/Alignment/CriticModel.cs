using Nonet.Alignment;
using Nonet.Checkpoints;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Recipes.Alignment;

/// <summary>
/// The critic of PPO with its own optimiser. It starts from a reward model, or, if no reward is a decoder with the policy's tokenizer, from the policy's
/// initial weights.
/// </summary>
sealed class CriticModel : IDisposable
{
    const string FolderName = "critic";

    readonly ParameterStore parameters;
    readonly TaskDecoderConfig config;
    readonly Tokenizer tokenizer;
    readonly AdamW optimizer;

    public CriticModel(string? from, PolicyModel policy, PpoOptions options, Device device)
    {
        tokenizer = policy.Tokenizer;
        var head = new TaskHead { Kind = ModelHead.SequenceClassification, Labels = ["reward"], Problem = LabelProblem.Regression };
        var folder = HuggingFaceFolder.Open(from is null ? policy.Path : ModelPath.Resolve(from));
        config = folder.Config as TaskDecoderConfig ?? (TaskDecoderConfig)folder.Config.WithTask(head);
        Outline = $"{(from is null ? "the policy's start" : from)}, output layer "
            + $"{(from is null || options.ValueHead == CriticHead.Zero ? "of zeros" : "of the reward model")}";
        parameters = new ParameterStore(device);
        Model = new TaskDecoder(config, parameters.Root) { Checkpointing = options.GradientCheckpointing };
        IWeightSource weights = from is null ? folder.WeightsForNew(config) : folder.Weights;
        parameters.FillForTraining(options.Seed, from is null || options.ValueHead == CriticHead.Zero ? new ZeroHead(weights) : weights);
        optimizer = new AdamW(parameters, options.AdamW);
    }

    public TaskDecoder Model { get; }

    /// <summary>Description of its initial weights.</summary>
    public string Outline { get; }

    /// <summary>The first reward model that is a decoder with the policy's tokenizer; null if there is none.</summary>
    public static string? Find(IEnumerable<RewardSource> rewards, PolicyModel policy)
    {
        foreach (var path in rewards.OfType<ModelRewardSource>().Select(r => r.Path))
        {
            var folder = ModelPath.Resolve(path);
            if (HuggingFaceFolder.Open(folder).Config is TaskDecoderConfig && Tokenizer.Load(folder).Fingerprint == policy.Tokenizer.Fingerprint)
                return path;
        }
        return null;
    }

    /// <summary>Values before each token of responses.</summary>
    public double[][] Values(IReadOnlyList<(int[] Prompt, int[] Response)> items, CancellationToken stopping) =>
        Critic.Evaluate(Model, items, stopping: stopping);

    /// <summary>Adds the gradient of the value loss of a micro-batch, and returns the loss.</summary>
    public double Backward(IReadOnlyList<PpoEpisode> episodes, PpoOptions options, double weight)
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var batch = new ResponseBatch(parameters.Device, [.. episodes.Select(e => e.Item)]);
        var values = Critic.Values(Model, batch);
        var gradient = new double[batch.Tokens];
        var loss = PpoLoss.Value(HostLoss.Read(values), [.. episodes.SelectMany(e => e.Values)], [.. episodes.SelectMany(e => e.Returns)],
            options.ClipValue, options.ValueCoefficient * weight, gradient);
        tape.Backward(HostLoss.Of(values, loss, gradient));
        return loss;
    }

    /// <summary>Updates the weights.</summary>
    public void Step(double learningRate, double? clip) => optimizer.Step(learningRate, clip);

    public void Save(string checkpoint) => CompanionModel.Save(Path.Combine(checkpoint, FolderName), config, parameters, tokenizer, optimizer);

    public void Restore(string checkpoint) => CompanionModel.Restore(Path.Combine(checkpoint, FolderName), parameters, optimizer);

    public void Dispose()
    {
        optimizer.Dispose();
        parameters.Dispose();
    }

    sealed class ZeroHead(IWeightSource trunk) : IWeightSource
    {
        public Tensor? Find(Parameter parameter, Device device) => parameter.Role == ParameterRole.Head ? device.Zeros(parameter.Shape)
            : trunk.Find(parameter, device);
    }
}
