using Nonet.Tensors.Autograd;

namespace Nonet.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Mean over the targets t ≠ <paramref name="ignore"/> of −Σⱼ qⱼ log pⱼ, where p = softmax(logits). q is 1 at t; with label smoothing ε
    /// it is 1 − ε at t and ε / (V − 1) elsewhere. Vaswani et al. 2017, section 5.4. A z-loss ζ adds ζ (log Σⱼ exp logitⱼ)² per target,
    /// which keeps the logits from drifting: Chowdhery et al. 2022, section 5. If all targets are ignored, the loss and its gradients are
    /// 0. Keeps the logits and two numbers per row. The backward pass overwrites the logits with their gradient if no other op reads them,
    /// so that N × V floats are never held twice; the logits cannot be used afterwards.
    /// </summary>
    /// <param name="logits">(..., V).</param>
    /// <param name="targets">One per row of logits.</param>
    /// <param name="ignore">Target that does not count.</param>
    /// <param name="smoothing">ε in [0, 1).</param>
    /// <param name="zLoss">ζ, at least 0.</param>
    /// <returns>A scalar, in nats.</returns>
    public static Tensor CrossEntropy(Tensor logits, Indices targets, int ignore = -1, float smoothing = 0, float zLoss = 0)
    {
        CheckTargets("CrossEntropy", logits, targets);
        if (!(smoothing >= 0 && smoothing < 1))
            throw new ShapeException($"CrossEntropy: label smoothing {smoothing}; expected at least 0 and less than 1");
        if (!(zLoss >= 0 && float.IsFinite(zLoss)))
            throw new ShapeException($"CrossEntropy: z-loss {zLoss}; expected at least 0");
        var vocab = logits.Shape.Last;
        if (smoothing > 0 && vocab == 1)
            throw new ShapeException("CrossEntropy: label smoothing needs at least two classes; found 1");
        var ids = targets.Values;
        var counted = 0;
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i] == ignore)
                continue;
            counted++;
            if ((uint)ids[i] >= (uint)vocab)
                throw new ShapeException($"CrossEntropy: target {i} is {ids[i]}; expected 0 to {vocab - 1} for {vocab} classes, or {ignore} to ignore it");
        }
        var terms = new TargetTerms(ignore, counted, smoothing, zLoss);
        var loss = logits.Device.Empty(Shape.Scalar);
        var statistics = logits.Device.Empty(new Shape(logits.Shape.Rows, 2));
        logits.Device.CrossEntropy(logits, targets, terms, loss, statistics);
        return Tape.IsRecording ? Tape.Record(loss, new CrossEntropyNode(logits, targets, terms, statistics)) : loss;
    }

    /// <summary>
    /// log softmax(logits) at the target of each row, (N): the log-probabilities of the chosen tokens. A target below 0 is ignored: it
    /// gives 0 and no gradient. The backward pass overwrites the logits as <see cref="CrossEntropy"/> does.
    /// </summary>
    /// <param name="logits">(..., V).</param>
    /// <param name="targets">One per row of logits; the result has their shape.</param>
    public static Tensor LogProbabilities(Tensor logits, Indices targets)
    {
        CheckTargets("LogProbabilities", logits, targets);
        var vocab = logits.Shape.Last;
        if (targets.FirstOutside(int.MinValue, vocab - 1) is { } bad)
            throw new ShapeException(
                $"LogProbabilities: target {bad} is {targets.Values[bad]}; expected 0 to {vocab - 1} for {vocab} classes, or a negative number to ignore it");
        var y = logits.Device.Empty(targets.Shape);
        var statistics = logits.Device.Empty(new Shape(logits.Shape.Rows, 2));
        logits.Device.LogProbabilities(logits, targets, y, statistics);
        return Tape.IsRecording ? Tape.Record(y, new LogProbabilitiesNode(logits, targets, statistics)) : y;
    }

    static void CheckTargets(string op, Tensor logits, Indices targets)
    {
        if (logits.Shape.Rank == 0 || logits.Shape.Rows != targets.Count)
            throw new ShapeException($"{op}: logits {logits.Shape} need {logits.Shape.Rows} targets, one a row; they are {targets.Shape}");
    }

    sealed class CrossEntropyNode(Tensor logits, Indices targets, TargetTerms terms, Tensor statistics) : Node(logits)
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy)
        {
            var into = TakeOver(0, out var x);
            x.Device.CrossEntropyBackward(dy!, x, targets, terms, statistics, into);
        }
    }

    sealed class LogProbabilitiesNode(Tensor logits, Indices targets, Tensor statistics) : Node(logits)
    {
        protected internal override bool ReadsOutputs => false;

        public override void Run(Tensor? dy)
        {
            var into = TakeOver(0, out var x);
            x.Device.LogProbabilitiesBackward(dy!, x, targets, statistics, into);
        }
    }
}

/// <summary>
/// Terms of a cross-entropy: it counts the <paramref name="Counted"/> targets other than <paramref name="Ignore"/>, with label smoothing
/// <paramref name="Epsilon"/> and z-loss <paramref name="Zeta"/>.
/// </summary>
public readonly record struct TargetTerms(int Ignore, int Counted, float Epsilon, float Zeta)
{
    /// <summary>Target probability of each wrong class: ε / (V − 1).</summary>
    public double Wrong(int vocab) => Epsilon == 0 ? 0 : Epsilon / (vocab - 1.0);
}

public abstract partial class Device
{
    /// <summary>
    /// See <see cref="Ops.CrossEntropy"/>. The targets are in range. Statistics (N, 2): values that the device keeps for the backward pass.
    /// </summary>
    public virtual void CrossEntropy(Tensor logits, Indices targets, TargetTerms terms, Tensor loss, Tensor statistics) => throw Lacks("CrossEntropy");

    /// <summary>dlogits = dloss (p (1 + 2 ζ log Σ exp) − q) / counted. It may overwrite the logits.</summary>
    public virtual void CrossEntropyBackward(Tensor dloss, Tensor logits, Indices targets, TargetTerms terms, Tensor statistics, GradientTarget dlogits) =>
        throw Lacks("CrossEntropy backward");

    /// <summary>See <see cref="Ops.LogProbabilities"/>. The targets are in range.</summary>
    public virtual void LogProbabilities(Tensor logits, Indices targets, Tensor y, Tensor statistics) => throw Lacks("LogProbabilities");

    /// <summary>dlogits = dy (1[j = t] − p). It may overwrite the logits.</summary>
    public virtual void LogProbabilitiesBackward(Tensor dy, Tensor logits, Indices targets, Tensor statistics, GradientTarget dlogits) =>
        throw Lacks("LogProbabilities backward");
}
