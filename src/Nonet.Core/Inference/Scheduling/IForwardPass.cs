using System.Runtime.InteropServices;
using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Inference.Scheduling;

/// <summary>Runs a model on the flat batch of a step.</summary>
interface IForwardPass
{
    /// <summary>Whether keys and values depend only on the tokens before them, so that sequences can share them.</summary>
    bool SharesPrefixes { get; }

    /// <summary>Number of ids that a prompt may contain; they run from 0.</summary>
    int PromptVocab { get; }

    /// <summary>Hidden states (rows, Width) of the tokens whose logits are needed. Writes the cache.</summary>
    Tensor Hidden(StepPlan plan, KvCache cache);

    /// <summary>Logits (rows, Vocab).</summary>
    Tensor Output(Tensor hidden);
}

/// <summary>A decoder: one pass over all sequences.</summary>
sealed class DecoderPass(ICausalModel model) : IForwardPass
{
    Batch? batch; // of the last step, whose objects are reused

    public bool SharesPrefixes => true;
    public int PromptVocab => model.Vocab;

    public Tensor Hidden(StepPlan plan, KvCache cache)
    {
        batch = cache.Append(plan.Numbers, plan.Ids, plan.Starts, batch);
        var hidden = model.Forward(batch, cache);
        return plan.Rows.Count is 0 || plan.Rows.Count == plan.Tokens ? hidden
            : Ops.Embedding(hidden, hidden.Device.From(CollectionsMarshal.AsSpan(plan.Rows)));
    }

    public Tensor Output(Tensor hidden) => model.Output(hidden);
}

/// <summary>An encoder-decoder: each sequence attends to its own source and therefore needs its own pass.</summary>
sealed class EncoderDecoderPass(IEncoderDecoder model) : IForwardPass
{
    public bool SharesPrefixes => false;
    public int PromptVocab => model.SourceVocab;

    public Tensor Hidden(StepPlan plan, KvCache cache)
    {
        var parts = new List<Tensor>();
        foreach (var run in plan.Runs)
        {
            var memory = run.Sequence.Memory ??= Encode(run.Sequence.Source!);
            var hidden = model.Decode(cache.Append(run.Sequence.CacheNumber!.Value, run.Sequence.Tokens.Slice(run.First, run.Count)), memory, cache);
            if (run.Rows > 0)
                parts.Add(run.Rows == run.Count ? hidden : Ops.Slice(hidden, 0, run.Count - run.Rows, run.Rows));
        }
        return parts.Count == 1 ? parts[0] : Ops.Concat(0, [.. parts]);
    }

    public Tensor Output(Tensor hidden) => model.Output(hidden);

    EncodedSource Encode(int[] source)
    {
        var made = model.Encode(Batch.Of(model.Parameters.Device, source));
        return new EncodedSource(made.Hidden.Unscoped(), made.Starts.Unscoped());
    }
}
