kind := service
uses := 9p acpi dtb ferrite c
entitlements := resource/memory resource/interrupt resource/msi resource/port resource/dma \
	resource/debug priority=56
