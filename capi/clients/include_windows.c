/* The header is included after windows.h, or before it with -DFRAMEWELL_FIRST. Its types are those
 * of ras.h and wlanihvtypes.h, and its error numbers are those of Windows. */
#ifdef FRAMEWELL_FIRST
#include <framewell.h>
#endif
#include <windows.h>

#include <ras.h>
#include <raserror.h>
#include <framewell.h>

static PFNRASGETBUFFER get = RasGetBuffer;
static PFNRASFREEBUFFER give = RasFreeBuffer;
static DWORD(WINAPI *allocate)(DWORD, LPVOID *) = Dot11ExtAllocateBuffer;
static VOID(WINAPI *release)(LPVOID) = Dot11ExtFreeBuffer;

#define SAME(name) typedef char same_##name[FRAMEWELL_ERROR_##name == ERROR_##name ? 1 : -1]
SAME(OUTOFMEMORY);
SAME(INVALID_PARAMETER);
SAME(BUSY);
SAME(BUFFER_TOO_SMALL);
SAME(BUFFER_INVALID);
SAME(ALREADY_INITIALIZED);
#if WINVER < 0x0600 /* raserror.h hides it from Vista on */
SAME(OUT_OF_BUFFERS);
#endif

int main(void) {
    PBYTE frame;
    DWORD size = 60;
    LPVOID buffer;
    if (get(&frame, &size) != ERROR_SUCCESS || allocate(24, &buffer) != ERROR_SUCCESS) {
        return 1;
    }
    release(buffer);
    return give(frame) != ERROR_SUCCESS;
}
