namespace Nonet.Tensors.Memory;

/// <summary>
/// Bytes on a device that hold the values of tensors. Tensors that share a storage are counted; when the last one releases a pooled
/// storage, it returns to its pool. Each device has a subclass that holds its memory handle. Only <see cref="HostStorage"/> has an address
/// that this process can read.
/// </summary>
public abstract class Storage
{
    int references;

    /// <param name="bytes">Size in bytes.</param>
    protected Storage(long bytes) => Bytes = bytes;

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Pool that the storage returns to; null for borrowed memory.</summary>
    internal StoragePool? Pool { get; set; }

    /// <summary>Whether the memory is pooled and a single tensor holds it.</summary>
    internal bool IsExclusive => Pool is not null && Volatile.Read(ref references) == 1;

    internal void Retain() => Interlocked.Increment(ref references);

    internal void Release()
    {
        if (Interlocked.Decrement(ref references) == 0)
            Pool?.Return(this);
    }

    /// <summary>Gives the memory back to the system. Called once, when no tensor uses it any more.</summary>
    protected internal abstract void Free();
}
