using System.Runtime.InteropServices;

namespace Nonet.Tensors.Memory;

/// <summary>
/// Bytes that tensors lie in: 64-byte aligned native memory, or a slice of a mapped file kept alive by its owner.
/// Counted by the tensors that share it; pooled storage returns to its pool when the last one lets go.
/// </summary>
public sealed unsafe class Storage
{
    readonly StoragePool? pool;
    readonly object? owner;
    int references;

    internal Storage(StoragePool pool, long bytes)
    {
        this.pool = pool;
        Bytes = bytes;
        Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, bytes), 64);
        GC.AddMemoryPressure(Math.Max(64, bytes));
    }

    Storage(object owner, byte* pointer, long bytes)
    {
        this.owner = owner;
        Pointer = pointer;
        Bytes = bytes;
        GC.SuppressFinalize(this);
    }

    /// <summary>Memory of somebody else (a mapped file), alive as long as <paramref name="owner"/> is.</summary>
    public static Storage Borrow(object owner, byte* pointer, long bytes) => new(owner, pointer, bytes);

    internal byte* Pointer { get; }
    public long Bytes { get; }

    /// <summary>Pooled memory that a single tensor holds.</summary>
    internal bool IsExclusive => pool is not null && Volatile.Read(ref references) == 1;

    internal void Retain() => Interlocked.Increment(ref references);

    internal void Release()
    {
        if (Interlocked.Decrement(ref references) == 0)
            pool?.Return(this);
    }

    internal void Free()
    {
        GC.SuppressFinalize(this);
        NativeMemory.AlignedFree(Pointer);
        GC.RemoveMemoryPressure(Math.Max(64, Bytes));
        GC.KeepAlive(owner);
    }

    ~Storage()
    {
        NativeMemory.AlignedFree(Pointer);
        GC.RemoveMemoryPressure(Math.Max(64, Bytes));
    }
}
