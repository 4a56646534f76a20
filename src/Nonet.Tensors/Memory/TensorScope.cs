namespace Nonet.Tensors;

/// <summary>
/// Owns the tensors made while it is the innermost scope of its thread; disposing it hands their buffers back at once, and
/// using one of them afterwards throws. Scopes nest; <see cref="Keep"/> moves a tensor to the enclosing scope.
/// </summary>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic] static TensorScope? current;
    [ThreadStatic] static List<List<Tensor>>? spare;

    readonly TensorScope? outer;
    readonly List<Tensor> tensors;
    bool closed;

    public TensorScope()
    {
        outer = current;
        current = this;
        spare ??= [];
        if (spare.Count > 0)
        {
            tensors = spare[^1];
            spare.RemoveAt(spare.Count - 1);
        }
        else
            tensors = new List<Tensor>(256);
    }

    internal static TensorScope? Current => current;

    internal void Adopt(Tensor tensor)
    {
        tensor.Scope = this;
        tensors.Add(tensor);
    }

    /// <summary>Moves a tensor out: to the enclosing scope, or to no scope at all when this is the outermost.</summary>
    public Tensor Keep(Tensor tensor)
    {
        if (tensor.Scope == this)
        {
            tensors.Remove(tensor);
            tensor.Scope = null;
            outer?.Adopt(tensor);
        }
        return tensor;
    }

    public void Dispose()
    {
        if (closed)
            return;
        if (current != this)
            throw new InvalidOperationException("scopes close in the reverse order of their opening, on the thread that opened them");
        closed = true;
        current = outer;
        foreach (var tensor in tensors)
            tensor.Dispose();
        tensors.Clear();
        spare!.Add(tensors);
    }
}
