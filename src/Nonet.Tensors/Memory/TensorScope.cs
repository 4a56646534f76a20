namespace Nonet.Tensors;

/// <summary>
/// Owns the tensors made while it is the innermost scope of its thread. Disposing of the scope frees their buffers at once; using one of
/// these tensors afterwards throws. Scopes nest, and <see cref="Keep"/> moves a tensor to the enclosing scope.
/// </summary>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic] static TensorScope? current;
    [ThreadStatic] static List<List<Tensor>>? spare;

    readonly TensorScope? outer;
    readonly List<Tensor> tensors;
    bool closed;

    /// <summary>Opens a scope on this thread. It is the innermost scope until it is disposed of.</summary>
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

    /// <summary>Moves a tensor to the enclosing scope, or to no scope if this one is the outermost.</summary>
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

    /// <inheritdoc/>
    public void Dispose()
    {
        if (closed)
            return;
        if (current != this)
            throw new InvalidOperationException("scopes must be closed in the reverse order of their opening, on the thread that opened them");
        closed = true;
        current = outer;
        foreach (var tensor in tensors)
            tensor.Dispose();
        tensors.Clear();
        spare!.Add(tensors);
    }
}
