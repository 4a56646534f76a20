using System.Runtime.InteropServices;

namespace Nonet.Tensors.Memory;

/// <summary>Fills a span with the bytes of a storage from an offset on.</summary>
public delegate void StorageReader(long offset, Span<byte> to);

/// <summary>Memory that this process reads and writes: 64-byte aligned and its own, or a slice of a mapped file that its owner keeps alive.</summary>
public sealed unsafe class HostStorage : Storage
{
    readonly object? owner;

    internal HostStorage(long bytes) : base(bytes)
    {
        Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, bytes), 64);
        GC.AddMemoryPressure(Math.Max(64, bytes));
    }

    HostStorage(object owner, byte* pointer, long bytes) : base(bytes)
    {
        this.owner = owner;
        Pointer = pointer;
        GC.SuppressFinalize(this);
    }

    /// <summary>Memory of somebody else (a mapped file), alive as long as <paramref name="owner"/> is.</summary>
    /// <param name="owner">Kept alive.</param>
    /// <param name="pointer">First byte.</param>
    /// <param name="bytes">Their number.</param>
    /// <param name="reader">Copies bytes from an offset on, without bringing pages of the map into memory; null: they are read at the pointer.</param>
    public static HostStorage Borrow(object owner, byte* pointer, long bytes, StorageReader? reader = null) => new(owner, pointer, bytes) { Reader = reader };

    internal StorageReader? Reader { get; private init; }

    internal byte* Pointer { get; }

    protected internal override void Free()
    {
        GC.SuppressFinalize(this);
        Release(Pointer, Bytes);
        GC.KeepAlive(owner);
    }

    ~HostStorage() => Release(Pointer, Bytes);

    static void Release(byte* pointer, long bytes)
    {
        NativeMemory.AlignedFree(pointer);
        GC.RemoveMemoryPressure(Math.Max(64, bytes));
    }
}
