namespace Nonet.Tensors;

/// <summary>
/// Owns the tensors made while it is the innermost scope of its thread. Disposing of the scope frees their buffers at once; using one of
/// these tensors afterwards throws. Scopes nest, and <see cref="Keep"/> moves a tensor to the enclosing scope.
/// </summary>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic] static TensorScope? current;
    /// <summary>Largest number of tensor objects kept for reuse per thread.</summary>
    const int MostSpares = 4096;

    [ThreadStatic] static List<List<Tensor>>? spare;
    [ThreadStatic] static Stack<Tensor>? spareTensors;
    [ThreadStatic] static Stack<TensorScope>? spareScopes;

    TensorScope? outer;
    bool recycles, closed, isShared;
    List<Tensor> tensors = null!;

    /// <summary>Opens a scope on this thread. It is the innermost scope until it is disposed of.</summary>
    public TensorScope() => Open(recycles: false);

    TensorScope(bool recycles, bool isShared)
    {
        this.isShared = isShared;
        Open(recycles);
    }

    /// <summary>
    /// Opens a scope for a step that runs often and should leave no garbage. When it closes, the objects of its tensors, and of those in the scopes
    /// inside it, are kept for reuse. The caller must not keep any of them: the object may have become another tensor, and using it then does not
    /// throw. Dispose of the scope once.
    /// </summary>
    public static TensorScope Recycling() => Shared(recycles: true);

    /// <summary>Opens a scope inside a step. It recycles if the scope around it does. Dispose of it once.</summary>
    public static TensorScope Inner() => Shared(recycles: false);

    static TensorScope Shared(bool recycles)
    {
        if (spareScopes is not { Count: > 0 })
            return new TensorScope(recycles, isShared: true);
        var scope = spareScopes.Pop();
        scope.Open(recycles);
        return scope;
    }

    void Open(bool recycles)
    {
        outer = current;
        closed = false;
        this.recycles = recycles || outer is { recycles: true };
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

    /// <summary>A cleared tensor object; null if there is none, or if this scope does not recycle.</summary>
    internal Tensor? TakeSpare() => recycles && spareTensors is { Count: > 0 } ? spareTensors.Pop() : null;

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
        {
            tensor.Dispose();
            if (recycles && (spareTensors ??= []).Count < MostSpares)
            {
                tensor.Clear();
                spareTensors.Push(tensor);
            }
        }
        tensors.Clear();
        spare!.Add(tensors);
        (outer, tensors) = (null, null!);
        if (isShared)
            (spareScopes ??= []).Push(this);
    }
}
