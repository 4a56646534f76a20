namespace Nonet.Tensors.Memory;

/// <summary>
/// Bytes of a device that tensors lie in. The tensors that share it are counted; pooled storage returns to its pool when the last one lets go. A device subclasses it
/// to hold what names its memory; only <see cref="HostStorage"/> has an address that this process may read.
/// </summary>
public abstract class Storage
{
    int references;

    /// <param name="bytes">Its size.</param>
    protected Storage(long bytes) => Bytes = bytes;

    public long Bytes { get; }

    /// <summary>The pool that it returns to; null for borrowed memory.</summary>
    internal StoragePool? Pool { get; set; }

    /// <summary>Pooled memory that a single tensor holds.</summary>
    internal bool IsExclusive => Pool is not null && Volatile.Read(ref references) == 1;

    internal void Retain() => Interlocked.Increment(ref references);

    internal void Release()
    {
        if (Interlocked.Decrement(ref references) == 0)
            Pool?.Return(this);
    }

    /// <summary>Gives the memory back to the system. Called once, when no tensor uses it.</summary>
    protected internal abstract void Free();
}
