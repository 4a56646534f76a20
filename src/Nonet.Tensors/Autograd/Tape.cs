namespace Nonet.Tensors.Autograd;

/// <summary>
/// Records ops and differentiates them in reverse. While a tape is open on a thread, every op with an input that needs a gradient is
/// recorded; otherwise nothing is. The backward pass replays the record from the last op to the first and frees buffers as it goes.
/// </summary>
public sealed class Tape : IDisposable
{
    [ThreadStatic] static Tape? current;
    [ThreadStatic] static List<Node>? spare;
    readonly Tape? outer;
    readonly List<Node> nodes;
    bool replaying;

    /// <summary>Opens a tape on this thread. It is the innermost tape until it is disposed of.</summary>
    public Tape()
    {
        outer = current;
        current = this;
        nodes = spare ?? new List<Node>(256);
        spare = null;
    }

    /// <summary>The tape that records ops on this thread; null if no tape is open or recording is suspended.</summary>
    public static Tape? Current => current is { replaying: false } ? current : null;

    /// <summary>Whether ops on this thread are recorded.</summary>
    public static bool IsRecording => Current is not null;

    /// <summary>Records an op with one result, and returns the result.</summary>
    public static Tensor Record(Tensor y, Node node)
    {
        return AnyWanted(node) ? RecordAlways(y, node) : y;
    }

    /// <summary>Records an op whose parameters are hidden from the tape.</summary>
    internal static Tensor RecordAlways(Tensor y, Node node)
    {
        Current?.Add(node, [y]);
        return y;
    }

    /// <summary>Records an op with several results, and returns them.</summary>
    public static Tensor[] Record(Tensor[] ys, Node node)
    {
        if (Current is { } tape && AnyWanted(node))
            tape.Add(node, ys);
        return ys;
    }

    void Add(Node node, Tensor[] outputs)
    {
        foreach (var x in node.Inputs)
        {
            if (x is { RequiresGrad: true })
                x.Uses++;
        }
        foreach (var y in outputs)
        {
            y.RequiresGrad = true;
            y.ReadByMaker = node.ReadsOutputs;
        }
        node.Outputs = outputs;
        nodes.Add(node);
    }

    /// <summary>Whether an op with these inputs would be recorded. A kernel saves statistics only if it would.</summary>
    public static bool Records(params ReadOnlySpan<Tensor?> inputs)
    {
        if (Current is null)
            return false;
        foreach (var x in inputs)
        {
            if (x is { RequiresGrad: true })
                return true;
        }
        return false;
    }

    static bool AnyWanted(Node node) => Records(node.Inputs);

    /// <summary>Computes the gradients of a one-element tensor. They are left on the leaves and parameters.</summary>
    public void Backward(Tensor loss)
    {
        if (loss.Elements != 1)
            throw new ShapeException($"Backward starts from one element; the tensor has shape {loss.Shape}");
        if (!loss.RequiresGrad)
            throw new InvalidOperationException(
                "this tensor depends on no recorded op: no input needs a gradient, or it was computed before the tape was opened");
        using var seed = loss.Device.Full(loss.Shape, loss.Device.Float, 1);
        Backward(loss, seed);
    }

    /// <summary>The same for a tensor y of any shape, starting from its gradient dy, which has y's shape.</summary>
    public void Backward(Tensor y, Tensor dy)
    {
        if (dy.Shape != y.Shape)
            throw new ShapeException($"the gradient has shape {dy.Shape}, the tensor {y.Shape}");
        if (current != this)
            throw new InvalidOperationException("this tape is not the innermost open tape of this thread");
        var target = Target(y);
        y.Device.Accumulate(dy, target);
        replaying = true;
        try
        {
            for (var i = nodes.Count - 1; i >= 0; i--)
                Replay(nodes[i]);
        }
        finally
        {
            replaying = false;
            nodes.Clear();
        }
    }

    static void Replay(Node node)
    {
        var any = false;
        foreach (var y in node.Outputs)
            any |= y.Gradient is not null;
        if (!any)
            return;
        node.Run(node.Outputs[0].Gradient);
        foreach (var y in node.Outputs)
        {
            if (y.IsLeaf)
                continue;
            y.Gradient?.Dispose(); // null already if Pass moved it
            y.Gradient = null;
            y.GradientFilled = false;
        }
    }

    /// <summary>Buffer for one more contribution to the gradient of x.</summary>
    internal static GradientTarget Target(Tensor x)
    {
        x.Gradient ??= x.Device.Empty(x.Shape, x.DType).Unscoped();
        var add = x.GradientFilled;
        x.GradientFilled = true;
        return new GradientTarget(x.Gradient, add);
    }

    internal static void Pass(Tensor x, Tensor dy, Node node)
    {
        if (!Moves(x, dy, node))
            x.Device.Accumulate(dy, Target(x));
    }

    /// <summary>
    /// Returns dy itself as the buffer for the gradient of x if <see cref="Pass"/> would move it; otherwise <see cref="Target"/>.
    /// </summary>
    internal static GradientTarget Reuse(Tensor x, Tensor dy, Node node) =>
        x.Shape == dy.Shape && Moves(x, dy, node) ? new GradientTarget(dy, add: false) : Target(x);

    /// <summary>Makes dy the gradient of x if x has none yet and dy belongs to an output of the node that does not keep it.</summary>
    static bool Moves(Tensor x, Tensor dy, Node node)
    {
        if (x.Gradient is not null || x.IsLeaf)
            return false;
        foreach (var y in node.Outputs)
        {
            if (y.Gradient == dy && !y.IsLeaf)
            {
                x.Gradient = dy.Shape == x.Shape ? dy : dy.View(x.Shape, dy.DType, 0).Unscoped();
                x.GradientFilled = true;
                if (dy.Shape != x.Shape)
                    dy.Dispose();
                y.Gradient = null;
                y.GradientFilled = false;
                return true;
            }
        }
        return false;
    }

    /// <summary>Returns x itself as the buffer for its gradient if no op will read x again; otherwise <see cref="Target"/>.</summary>
    internal static GradientTarget TakeOver(Tensor x, out Tensor values)
    {
        if (x.Gradient is not null || x.IsLeaf || x.Uses != 1 || x.ReadByMaker || x.DType != x.Device.Float || !x.OwnsItsBytes)
        {
            values = x;
            return Target(x);
        }
        x.Gradient = values = x.Surrender();
        x.GradientFilled = true;
        return new GradientTarget(values, add: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (current != this)
            throw new InvalidOperationException("tapes must be closed in the reverse order of their opening, on the thread that opened them");
        current = outer;
        nodes.Clear();
        spare = nodes;
    }

    /// <summary>Suspends recording on this thread until disposed.</summary>
    public static Suspension Suspend() => new(current);

    /// <summary>Resumes recording when it is disposed of.</summary>
    public readonly struct Suspension : IDisposable
    {
        readonly Tape? tape;
        internal Suspension(Tape? tape)
        {
            this.tape = tape;
            current = null;
        }

        /// <inheritdoc/>
        public void Dispose() => current = tape;
    }
}
