using Nonet.Data;
using Nonet.Evaluation;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Recipes.Alignment;

/// <summary>Pre-training text whose gradients are mixed into the updates of a policy: Ouyang et al. 2022, section 3.5, equation 2.</summary>
sealed class PretrainingText : IDisposable
{
    readonly TokenizedData text;
    readonly BatchSource batches;
    readonly EvaluationWindows heldOut;
    readonly PretrainingMix options;
    readonly int parts;

    /// <param name="options">The mix.</param>
    /// <param name="tokenizer">Tokenizer of the policy.</param>
    /// <param name="context">The policy's context.</param>
    /// <param name="minibatch">Responses per update.</param>
    /// <param name="accumulate">Micro-batches of an update.</param>
    /// <param name="seed">Seed of the order.</param>
    /// <param name="folder">The run folder. The tokens are stored beside it.</param>
    /// <param name="stopping">Cancels the tokenization.</param>
    public PretrainingText(PretrainingMix options, Tokenizer tokenizer, int context, int minibatch, int accumulate, ulong seed, string folder,
        CancellationToken stopping)
    {
        this.options = options;
        var length = Math.Min(options.Length ?? context, context);
        text = TokenizedData.Build(options.Data.ToOptions(), tokenizer, Path.Combine(Path.GetDirectoryName(Path.GetFullPath(folder))!, "tokens"),
            stopping: stopping);
        batches = new BatchSource(text.Train, text.Weights, length, minibatch / accumulate, seed);
        heldOut = new EvaluationWindows(text.HeldOut, length, tokenizer.EndOfText);
        parts = accumulate * options.Ratio;
    }

    /// <summary>Adds γ times the gradient of the mean loss of an update's sequences, and returns γ times the loss.</summary>
    /// <param name="model">The policy.</param>
    /// <param name="update">Number of the update, from 0, which determines the sequences.</param>
    /// <param name="stopping">Cancels the work.</param>
    public double Backward(ICausalModel model, long update, CancellationToken stopping)
    {
        if (options.Coefficient == 0)
            return 0;
        var (loss, tokens) = (0.0, (long)batches.Batch * batches.Context * parts);
        for (var part = 0; part < parts; part++)
        {
            stopping.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var (batch, targets) = MicroBatch.Read(batches, update * parts + part, model.Parameters.Device);
            loss += MicroBatch.Backward(targets.Shape[0], tokens, () => Ops.Scale(CausalLossOf(model, batch, targets), (float)options.Coefficient));
        }
        return loss;
    }

    static Tensor CausalLossOf(ICausalModel model, Batch batch, Indices targets) => Nonet.Models.Losses.CausalLoss.Loss(model, batch, targets);

    /// <summary>Held-out loss in nats per token.</summary>
    public double Evaluate(ICausalModel model, CancellationToken stopping) => HeldOut.Evaluate(model, heldOut, stopping: stopping).NatsPerToken;

    public void Dispose() => text.Dispose();
}
