using System.Runtime.InteropServices;

namespace Nonet.Tensors.Memory;

/// <summary>Fills a span with the bytes of a storage, from an offset on.</summary>
public delegate void StorageReader(long offset, Span<byte> to);

/// <summary>
/// Memory that this process can read and write. It is either its own, aligned to 64 bytes, or part of a mapped file that its owner keeps
/// open.
/// </summary>
public sealed unsafe class HostStorage : Storage
{
    readonly object? owner;

    internal HostStorage(long bytes) : base(bytes)
    {
        Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, bytes), LargePages.AlignmentOf(bytes));
        LargePages.Advise(Pointer, bytes);
        GC.AddMemoryPressure(Math.Max(64, bytes));
    }

    HostStorage(object owner, byte* pointer, long bytes) : base(bytes)
    {
        this.owner = owner;
        Pointer = pointer;
        GC.SuppressFinalize(this);
    }

    /// <summary>Memory that belongs to another object, such as a mapped file. The storage keeps <paramref name="owner"/> alive.</summary>
    /// <param name="owner">The object that the memory belongs to.</param>
    /// <param name="pointer">First byte.</param>
    /// <param name="bytes">Number of bytes.</param>
    /// <param name="reader">Copies bytes without bringing pages of a mapped file into memory. Null: bytes are read at the pointer.</param>
    public static HostStorage Borrow(object owner, byte* pointer, long bytes, StorageReader? reader = null) => new(owner, pointer, bytes) { Reader = reader };

    internal StorageReader? Reader { get; private init; }

    internal byte* Pointer { get; }

    /// <inheritdoc/>
    protected internal override void Free()
    {
        GC.SuppressFinalize(this);
        Release(Pointer, Bytes);
        GC.KeepAlive(owner);
    }

    /// <summary>Frees memory that no tensor returned.</summary>
    ~HostStorage() => Release(Pointer, Bytes);

    static void Release(byte* pointer, long bytes)
    {
        NativeMemory.AlignedFree(pointer);
        GC.RemoveMemoryPressure(Math.Max(64, bytes));
    }
}
